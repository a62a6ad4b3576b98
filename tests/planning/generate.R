# Writes the reference numbers of rival models and planning: Rscript tests/planning/generate.R
# Every file begins with a line that names R and the packages.

suppressPackageStartupMessages({
  library(lavaan)
  library(semTools)
})

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
tables <- file.path(here, "..", "lavaan", "data")
version <- function(name) packageDescription(name)$Version
versions <- sprintf("# R %s.%s, lavaan %s, semTools %s", R.version$major, R.version$minor,
                    version("lavaan"), version("semTools"))

write_table <- function(frame, name) {
  for (column in names(frame)) {
    if (is.double(frame[[column]])) {
      text <- sprintf("%.17g", frame[[column]])
      text[is.na(frame[[column]])] <- ""
      frame[[column]] <- text
    }
  }
  lines <- if (nrow(frame)) do.call(paste, c(frame, sep = ",")) else character()
  writeLines(c(versions, paste(names(frame), collapse = ","), lines), file.path(here, paste0(name, ".csv")))
}

read <- function(name) {
  read.csv(file.path(tables, paste0(name, ".csv")))
}
spec <- function(name) paste(readLines(file.path(here, "models", paste0(name, ".sem"))), collapse = "\n")

# ---- difference tests ---------------------------------------------------------------------------------------------

pairs <- read.csv(file.path(here, "pairs.csv"), colClasses = "character")

fitted <- function(pair, which) {
  arguments <- list(model = spec(pair[[which]]), data = read(pair$data), estimator = pair$estimator)
  if (pair$missing == "fiml") arguments$missing <- "ml"
  if (nzchar(pair$group)) arguments$group <- pair$group
  equal <- pair[[paste0("equal_", which)]]
  if (nzchar(equal)) arguments$group.equal <- strsplit(equal, " ")[[1]]
  if (nzchar(pair$ordered)) arguments$ordered <- if (pair$ordered == "all") TRUE else strsplit(pair$ordered, " ")[[1]]
  if (nzchar(pair$parameterization)) arguments$parameterization <- pair$parameterization
  # lavaan stops its search early, which a difference of two scaling factors shows: search once more from there.
  arguments$start <- do.call("sem", arguments)
  do.call("sem", arguments)
}

methods <- function(estimator) {
  scaled <- list(
    list(method = "satorra.bentler.2001"), list(method = "satorra.bentler.2010")
  )
  adjusted <- list()
  for (A in c("exact", "delta")) for (shifted in c(FALSE, TRUE)) {
    adjusted <- c(adjusted, list(list(method = "satorra.2000", A.method = A, scaled.shifted = shifted)))
  }
  switch(estimator,
    ML = list(list(method = "default")),
    MLM = c(scaled, adjusted), MLR = c(scaled, adjusted), WLSM = c(scaled, adjusted),
    adjusted
  )
}

one_difference <- function(id, smaller, larger, asked) {
  found <- tryCatch(do.call(lavTestLRT, c(list(smaller, larger), asked)), error = function(e) e)
  moments <- "plain"
  if (asked$method == "satorra.2000") {
    adjusted <- lavInspect(larger, "options")$test %in% c("mean.var.adjusted", "scaled.shifted")
    moments <- if (asked$scaled.shifted) "shifted" else if (any(adjusted)) "adjusted" else "mean"
  }
  failed <- inherits(found, "error")
  data.frame(
    id = id, method = asked$method, restriction = if (is.null(asked$A.method)) "" else asked$A.method,
    moments = moments,
    chisq = if (failed) NA_real_ else found[2, "Chisq diff"],
    df = if (failed) NA_real_ else as.double(found[2, "Df diff"]),
    pvalue = if (failed) NA_real_ else found[2, "Pr(>Chisq)"],
    message = if (failed) gsub("[,\n\"]", " ", conditionMessage(found)) else ""
  )
}

# The estimates too, so that a test can put lavaan's own into our formulas: a difference of two scaling factors
# magnifies what lavaan's optimiser leaves open.
estimates <- function(id, which, found) {
  table <- parTable(found)
  table <- table[table$op %in% c("=~", "~", "~~", "~1", "|", "~*~"), ]
  group <- if (is.null(table$group)) 1L else table$group
  data.frame(id = id, which = which, lhs = table$lhs, op = table$op, rhs = table$rhs, group = group, est = table$est)
}

differences <- function() {
  rows <- list()
  at <- list()
  for (i in seq_len(nrow(pairs))) {
    pair <- as.list(pairs[i, ])
    smaller <- fitted(pair, "smaller")
    larger <- fitted(pair, "larger")
    at <- c(at, list(estimates(pair$id, "smaller", smaller), estimates(pair$id, "larger", larger)))
    for (asked in methods(pair$estimator)) rows <- c(rows, list(one_difference(pair$id, smaller, larger, asked)))
  }
  write_table(do.call(rbind, rows), "differences")
  write_table(do.call(rbind, at), "estimates")
}

# ---- power --------------------------------------------------------------------------------------------------------

rmsea_tables <- function() {
  grid <- expand.grid(null = c(0, 0.05, 0.08), alternative = c(0, 0.02, 0.05, 0.08), df = c(5, 24, 254),
                      n = c(50, 256, 1000), alpha = c(0.01, 0.05), group = c(1, 2))
  grid <- grid[grid$null != grid$alternative, ]
  grid$power <- mapply(semTools::findRMSEApower, grid$null, grid$alternative, grid$df, grid$n, grid$alpha, grid$group)
  write_table(grid, "rmsea_power")
  sizes <- expand.grid(null = c(0, 0.05, 0.08), alternative = c(0, 0.02, 0.05, 0.08), df = c(5, 24, 254),
                       power = c(0.8, 0.9), alpha = c(0.01, 0.05), group = c(1, 2))
  sizes <- sizes[sizes$null != sizes$alternative, ]
  sizes$n <- mapply(semTools::findRMSEAsamplesize, sizes$null, sizes$alternative, sizes$df, sizes$power, sizes$alpha,
                    sizes$group)
  write_table(sizes, "rmsea_size")
}

# Noncentrality of each path: lavaan fitted without it to the correlations that lavaan implies for the wave.
power_table <- function() {
  n <- 256
  text <- spec("wave")
  fitted <- sem(text, read("mkb21"))
  moments <- lavInspect(sem(text, read("mkb21"), start = fitted), "cov.ov")
  paths <- parTable(fitted)
  paths <- paths[paths$op == "~", ]
  population <- cov2cor(moments)
  rows <- lapply(seq_len(nrow(paths)), function(i) {
    without <- parTable(fitted)
    row <- which(without$op == "~" & without$lhs == paths$lhs[i] & without$rhs == paths$rhs[i])
    again <- paste0(gsub(sprintf("(?m)^%s ~ .*$", paths$lhs[i]), "", text, perl = TRUE), "\n",
                    one_out(text, paths$lhs[i], paths$rhs[i]))
    null <- sem(again, sample.cov = population, sample.nobs = n, sample.cov.rescale = FALSE)
    null <- sem(again, sample.cov = population, sample.nobs = n, sample.cov.rescale = FALSE, start = null)
    lambda <- unname(fitMeasures(null, "chisq"))
    data.frame(lhs = paths$lhs[i], rhs = paths$rhs[i], n = n, noncentrality = lambda,
               power = pchisq(qchisq(0.95, 1), 1, lambda, lower.tail = FALSE))
  })
  write_table(do.call(rbind, rows), "power")
  at <- which(lower.tri(population, diag = TRUE), arr.ind = TRUE)
  write_table(data.frame(row = rownames(population)[at[, 1]], col = rownames(population)[at[, 2]],
                         value = population[at]), "population")
}

# The regressions of an outcome, one of them held at zero.
one_out <- function(text, outcome, cause) {
  lines <- strsplit(text, "\n")[[1]]
  right <- unlist(lapply(grep(sprintf("^%s ~ ", outcome), lines, value = TRUE), function(line) {
    strsplit(gsub(" ", "", sub(".*~ ", "", line)), "+", fixed = TRUE)[[1]]
  }))
  paste(outcome, "~", paste(ifelse(right == cause, paste0("0*", right), right), collapse = " + "))
}

# ---- Vuong --------------------------------------------------------------------------------------------------------

casewise <- function(found) {
  y <- lavInspect(found, "data")
  implied <- lavInspect(found, "implied")
  centred <- sweep(y, 2, implied$mean[colnames(y)])
  cov <- implied$cov[colnames(y), colnames(y)]
  distance <- rowSums((centred %*% solve(cov)) * centred)
  -(distance + as.numeric(determinant(cov)$modulus) + ncol(y) * log(2 * pi)) / 2
}

vuong_table <- function() {
  cases <- read.csv(file.path(here, "vuong_pairs.csv"), colClasses = "character")
  rows <- lapply(seq_len(nrow(cases)), function(i) {
    case <- as.list(cases[i, ])
    fit <- function(name) {
      first <- sem(spec(name), read(case$data), meanstructure = TRUE, information = "observed")
      sem(spec(name), read(case$data), meanstructure = TRUE, information = "observed", start = first)
    }
    a <- fit(case$first)
    b <- fit(case$second)
    m <- casewise(a) - casewise(b)
    n <- length(m)
    omega2 <- (n - 1) / n * var(m)
    A <- lapply(list(a, b), function(x) vcov(x) * n)
    S <- lapply(list(a, b), function(x) lavScores(x))
    B <- lapply(S, function(x) crossprod(x) / n)
    cross <- crossprod(S[[1]], S[[2]]) / n
    W <- cbind(rbind(-B[[1]] %*% A[[1]], t(cross) %*% A[[1]]), rbind(-cross %*% A[[2]], B[[2]] %*% A[[2]]))
    values <- Re(eigen(W, only.values = TRUE)$values)
    z <- sum(m) / sqrt(n * omega2)
    data.frame(id = case$id, n = n, lr = sum(m), omega2 = omega2, z = z,
               p_first = pnorm(z, lower.tail = FALSE), p_second = pnorm(z),
               sum_weights = sum(values), sum_squares = sum(values^2), largest = max(values), smallest = min(values))
  })
  write_table(do.call(rbind, rows), "vuong")
}

differences()
rmsea_tables()
power_table()
vuong_table()
