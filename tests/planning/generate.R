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

differences()
