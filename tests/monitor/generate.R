# Writes the reference numbers of the monitor: Rscript tests/monitor/generate.R
# One function for each file. See README.md for the columns.

suppressPackageStartupMessages({
  library(survey)
  library(brglm2)
  library(MASS)
  library(ordinal)
  library(numDeriv)
})

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
version <- function(package) paste(package, packageDescription(package)$Version)
versions <- paste0(
  "# R ", R.version$major, ".", R.version$minor, ", ",
  paste(sapply(c("survey", "brglm2", "MASS", "ordinal", "numDeriv"), version), collapse = ", ")
)

digits <- function(column) {
  if (!is.numeric(column)) return(column)
  ifelse(is.na(column), "", trimws(formatC(column, digits = 17, format = "g")))
}

save <- function(table, name) {
  path <- file.path(here, paste0(name, ".csv"))
  writeLines(versions, path)
  table[] <- lapply(table, digits)
  suppressWarnings(write.table(table, path, sep = ",", row.names = FALSE, quote = FALSE, append = TRUE))
}

# ---- data: the wave that comes with the package, and a small table in which a predictor separates ------------------

wave <- read.csv(file.path(here, "..", "..", "mkb21sem", "survey", "mkb21_2012_synthetic.csv"))
valid <- as.data.frame(lapply(wave, function(x) ifelse(x < 0, NA, x)))
media <- sprintf("GEB%02d", 1:10)
valid$USER <- as.numeric(rowSums(valid[media] > 1) > 0)
valid$BREEDTE <- rowSums(valid[media] > 1)
valid$INTENS_MAX <- do.call(pmax, valid[media])
terms <- data.frame(
  size_2 = as.numeric(valid$OMV01 == 2), size_10 = as.numeric(valid$OMV01 >= 3), consumers = valid$MKT02,
  services = as.numeric(valid$SEC01 == 10), retail = as.numeric(valid$SEC01 == 2),
  culture = rowMeans(valid[sprintf("CUL%02d", 1:6)]), environment = rowMeans(valid[sprintf("OMG%02d", 1:6)])
)
factors <- c(size_2 = "size", size_10 = "size", consumers = "market", services = "sector", retail = "sector")
complete <- complete.cases(terms)

set.seed(7)
separated <- data.frame(a = rbinom(40, 1, 0.3), b = rnorm(40))
separated$y <- as.numeric(separated$a == 1 | plogis(-1 + separated$b) > runif(40))
write.csv(separated, file.path(here, "separated.csv"), row.names = FALSE, quote = FALSE)

# ---- intervals of shares --------------------------------------------------------------------------------------------

wilson <- function() {
  cases <- data.frame(count = c(256, 194, 26, 31, 242, 3, 0, 58, 1), n = c(314, 312, 58, 58, 314, 314, 58, 58, 2))
  limits <- t(mapply(function(k, n) suppressWarnings(prop.test(k, n, correct = FALSE))$conf.int, cases$count, cases$n))
  cbind(cases, low = limits[, 1], high = limits[, 2])
}

# ---- motive against experience --------------------------------------------------------------------------------------

paired <- function() {
  rows <- lapply(1:12, function(k) {
    motive <- valid[[sprintf("MOT%02d", k)]]
    result <- valid[[sprintf("ERV%02d", k)]]
    gap <- na.omit(result - motive)
    t <- t.test(result, motive, paired = TRUE)
    w <- wilcox.test(result, motive, paired = TRUE, exact = FALSE, correct = FALSE)
    d <- mean(gap) / sd(gap)
    m <- length(gap) - 1
    j <- exp(lgamma(m / 2) - lgamma((m - 1) / 2)) / sqrt(m / 2)
    nc <- function(p) {
      uniroot(function(x) pt(abs(t$statistic), m, x) - p, abs(t$statistic) + c(-6, 6), tol = 1e-12)$root
    }
    limits <- -j * c(nc(0.025), nc(0.975)) / sqrt(length(gap))
    data.frame(
      goal = sprintf("%02d", k), n = length(gap), difference = mean(gap), sd = sd(gap), low = t$conf.int[1],
      high = t$conf.int[2], t = unname(t$statistic), df = unname(t$parameter), p = t$p.value, w = unname(w$statistic),
      p_wilcoxon = w$p.value, d = d, hedges = j * d, hedges_low = limits[1], hedges_high = limits[2]
    )
  })
  table <- do.call(rbind, rows)
  table$p_holm <- p.adjust(table$p, "holm")
  table$p_wilcoxon_holm <- p.adjust(table$p_wilcoxon, "holm")
  table
}

# ---- regressions ----------------------------------------------------------------------------------------------------

# Average marginal effects with delta-method standard errors: classes against the reference class of their factor.
marginal <- function(predict, params, cov, x) {
  rows <- lapply(names(x), function(name) {
    effect <- function(at) {
      if (name %in% names(factors)) {
        high <- low <- x
        siblings <- intersect(names(factors)[factors == factors[name]], names(x))
        high[siblings] <- 0
        low[siblings] <- 0
        high[name] <- 1
        return(mean(predict(at, high) - predict(at, low)))
      }
      e <- 1e-5
      high <- low <- x
      high[name] <- high[name] + e
      low[name] <- low[name] - e
      mean(predict(at, high) - predict(at, low)) / (2 * e)
    }
    g <- grad(effect, params)
    data.frame(term = name, effect = effect(params), effect_se = sqrt(drop(g %*% cov %*% g)))
  })
  do.call(rbind, rows)
}

chance <- function(at, x) plogis(drop(cbind(1, as.matrix(x)) %*% at))

with_effects <- function(model, term, est, se, effects) {
  table <- data.frame(model = model, term = term, est = unname(est), se = unname(se))
  cbind(table, effects[match(term, effects$term), c("effect", "effect_se")])
}

regressions <- function() {
  x <- terms[complete, ]
  y <- valid$USER[complete]
  ml <- glm(y ~ ., binomial, cbind(y, x), control = list(epsilon = 1e-14, maxit = 100))
  pen <- glm(
    y ~ ., binomial, cbind(y, x), method = "brglmFit", type = "AS_mean",
    control = list(epsilon = 1e-12, maxit = 1000)
  )
  all <- c("intercept", names(x))
  table <- rbind(
    with_effects("logit", all, coef(ml), sqrt(diag(vcov(ml))), marginal(chance, coef(ml), vcov(ml), x)),
    with_effects("firth", all, coef(pen), sqrt(diag(vcov(pen))), marginal(chance, coef(pen), vcov(pen), x))
  )
  users <- complete & valid$USER == 1
  for (response in c("BREEDTE", "INTENS_MAX")) {
    x <- terms[users, ]
    answer <- valid[[response]][users]
    fitted <- clm(factor(answer) ~ ., data = cbind(answer = answer, x)[c("answer", names(x))][-1],
                  control = clm.control(gradTol = 1e-10, maxIter = 200))
    k <- length(fitted$alpha)
    levels <- sort(unique(answer))
    expected <- function(at, x) {
      eta <- drop(as.matrix(x) %*% at[-(1:k)])
      below <- cbind(0, plogis(outer(-eta, at[1:k], "+")), 1)
      drop((below[, -1] - below[, -(k + 2)]) %*% levels)
    }
    effects <- marginal(expected, coef(fitted), vcov(fitted), x)
    table <- rbind(table, with_effects(response, names(x), fitted$beta, sqrt(diag(vcov(fitted)))[-(1:k)], effects))
    other <- polr(factor(answer) ~ ., cbind(answer = answer, x)[-1], Hess = TRUE, control = list(reltol = 1e-14))
    stopifnot(max(abs(other$coefficients - fitted$beta)) < 1e-4)
  }
  table
}

# Brant's Wald test of proportional odds, over the cuts with at least five respondents a predictor on both sides.
brant <- function() {
  users <- complete & valid$USER == 1
  x <- as.matrix(terms[users, ])
  k <- ncol(x)
  rows <- lapply(c("BREEDTE", "INTENS_MAX"), function(response) {
    answer <- valid[[response]][users]
    cuts <- sort(unique(answer))
    cuts <- cuts[sapply(cuts, function(cut) min(sum(answer > cut), sum(answer <= cut)) >= 5 * k)]
    fits <- lapply(cuts, function(cut) glm((answer > cut) ~ x, family = binomial, control = list(epsilon = 1e-14)))
    X <- model.matrix(fits[[1]])
    V <- matrix(0, length(cuts) * k, length(cuts) * k)
    for (j in seq_along(cuts)) for (h in seq_along(cuts)) {
      pj <- fitted(fits[[min(j, h)]])
      ph <- fitted(fits[[max(j, h)]])
      V[(j - 1) * k + 1:k, (h - 1) * k + 1:k] <-
        (vcov(fits[[j]]) %*% t(X) %*% diag(ph - pj * ph) %*% X %*% vcov(fits[[h]]))[-1, -1]
    }
    D <- do.call(rbind, lapply(2:length(cuts), function(j) {
      block <- matrix(0, k, length(cuts) * k)
      block[, 1:k] <- diag(k)
      block[, (j - 1) * k + 1:k] <- -diag(k)
      block
    }))
    gap <- D %*% unlist(lapply(fits, function(fit) coef(fit)[-1]))
    chisq <- drop(t(gap) %*% solve(D %*% V %*% t(D)) %*% gap)
    data.frame(response, cuts = length(cuts), chisq, df = nrow(D), p = pchisq(chisq, nrow(D), lower.tail = FALSE))
  })
  do.call(rbind, rows)
}

penalised_loglik <- function(beta, x, y) {
  eta <- drop(x %*% beta)
  pi <- plogis(eta)
  sum(y * eta - log1p(exp(eta))) + determinant(t(x) %*% (x * pi * (1 - pi)))$modulus[1] / 2
}

# The profile of the penalised likelihood by a general optimiser: limits and p of every coefficient.
profiles <- function() {
  tables <- list(
    wave = list(x = cbind(intercept = 1, as.matrix(terms[complete, ])), y = valid$USER[complete]),
    separated = list(x = cbind(intercept = 1, as.matrix(separated[c("a", "b")])), y = separated$y)
  )
  rows <- lapply(names(tables), function(name) {
    x <- tables[[name]]$x
    y <- tables[[name]]$y
    best <- function(j, value) {
      f <- function(free) {
        beta <- numeric(ncol(x))
        beta[j] <- value
        beta[-j] <- free
        -penalised_loglik(beta, x, y)
      }
      start <- full$par[-j]
      for (i in 1:3) start <- (found <- optim(start, f, method = "BFGS", control = list(reltol = 1e-15, maxit = 2000)))$par
      -found$value
    }
    pen <- glm(y ~ x - 1, family = binomial, method = "brglmFit", type = "AS_mean",
               control = list(epsilon = 1e-12, maxit = 2000))
    full <- list(par = unname(coef(pen)), value = penalised_loglik(coef(pen), x, y))
    cov <- sqrt(diag(vcov(pen)))
    do.call(rbind, lapply(seq_len(ncol(x)), function(j) {
      above <- function(value) 2 * (full$value - best(j, value)) - qchisq(0.95, 1)
      b <- full$par[j]
      low <- uniroot(above, c(b - 8 * cov[j], b), tol = 1e-9)$root
      high <- uniroot(above, c(b, b + 8 * cov[j]), tol = 1e-9)$root
      p <- pchisq(2 * (full$value - best(j, 0)), 1, lower.tail = FALSE)
      data.frame(data = name, term = colnames(x)[j], est = b, se = unname(cov[j]), loglik = full$value, low, high, p)
    }))
  })
  do.call(rbind, rows)
}

# Area under the ROC curve by counting pairs, and DeLong's interval.
areas <- function() {
  x <- terms[complete, ]
  y <- valid$USER[complete]
  p <- fitted(glm(y ~ ., binomial, cbind(y, x), control = list(epsilon = 1e-14)))
  won <- outer(p[y == 1], p[y == 0], function(a, b) (a > b) + (a == b) / 2)
  s <- sqrt(var(rowMeans(won)) / nrow(won) + var(colMeans(won)) / ncol(won))
  half <- qnorm(0.975) * s
  data.frame(auc = mean(won), low = mean(won) - half, high = mean(won) + half)
}

# ---- weights --------------------------------------------------------------------------------------------------------

weights <- function() {
  population <- read.csv(file.path(here, "population.csv"))
  kept <- complete.cases(valid[c("OMV01", "SEC01", "REG01")])
  sample <- valid[kept, c("respondent", "OMV01", "SEC01", "REG01")]
  margins <- lapply(split(population, population$variable), function(lines) {
    class <- setNames(rep(seq_len(nrow(lines)), lengths(strsplit(lines$codes, " "))), unlist(strsplit(lines$codes, " ")))
    list(of = class, count = lines$count)
  })
  for (name in names(margins)) sample[[name]] <- unname(margins[[name]]$of[as.character(sample[[name]])])
  counts <- lapply(names(margins), function(name) {
    n <- margins[[name]]$count
    table <- data.frame(seq_along(n), nrow(sample) * n / sum(n))
    setNames(table, c(name, "Freq"))
  })
  design <- svydesign(~1, weights = ~1, data = cbind(sample, one = 1))
  raked <- rake(design, lapply(names(margins), reformulate), counts, control = list(maxit = 5000, epsilon = 1e-12))
  trimmed <- trimWeights(raked, upper = 2, strict = TRUE)
  data.frame(respondent = sample$respondent, raked = weights.survey(raked), trimmed = weights.survey(trimmed))
}
weights.survey <- function(design) unname(stats::weights(design))

# ---- change over waves ----------------------------------------------------------------------------------------------

changes <- function() {
  cases <- list(c(256, 314, 300, 340), c(3, 314, 9, 200), c(160, 314, 120, 314), c(26, 58, 40, 70))
  rows <- lapply(cases, function(k) {
    before <- suppressWarnings(prop.test(k[1], k[2], correct = FALSE))$conf.int
    after <- suppressWarnings(prop.test(k[3], k[4], correct = FALSE))$conf.int
    p <- c(k[1] / k[2], k[3] / k[4])
    table <- rbind(k[c(1, 3)], k[c(2, 4)] - k[c(1, 3)])
    data.frame(
      count_1 = k[1], n_1 = k[2], count_2 = k[3], n_2 = k[4], difference = p[2] - p[1],
      low = p[2] - p[1] - sqrt((p[2] - after[1])^2 + (before[2] - p[1])^2),
      high = p[2] - p[1] + sqrt((after[2] - p[2])^2 + (p[1] - before[1])^2),
      chisq_p = suppressWarnings(chisq.test(table, correct = FALSE))$p.value, fisher_p = fisher.test(table)$p.value
    )
  })
  do.call(rbind, rows)
}

# Means of the reputation items in three parts of the users: as if they were three waves.
means <- function() {
  users <- valid[valid$USER == 1, ]
  users$part <- rep(1:3, length.out = nrow(users))
  rows <- lapply(sprintf("REP%02d", 1:5), function(item) {
    two <- t.test(users[users$part == 3, item], users[users$part == 1, item])
    all <- oneway.test(reformulate("part", item), users)
    data.frame(item, difference = -diff(two$estimate)[[1]], low = two$conf.int[1], high = two$conf.int[2], p = all$p.value)
  })
  do.call(rbind, rows)
}

for (name in c("wilson", "paired", "regressions", "brant", "profiles", "areas", "weights", "changes", "means")) {
  save(get(name)(), name)
}
