# Writes the reference numbers: Rscript tests/psych/generate.R
# One function for each file; a table has one number a row. See README.md for the columns.

suppressPackageStartupMessages({
  library(lavaan)
  library(psych)
  library(semTools)
  library(GPArotation)
})

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
version <- function(package) paste(package, packageDescription(package)$Version)
versions <- paste0(
  "# R ", R.version$major, ".", R.version$minor, ", ",
  paste(sapply(c("psych", "semTools", "lavaan", "GPArotation"), version), collapse = ", ")
)

# ---- data ---------------------------------------------------------------------------------------------------------

read <- function(name) read.csv(file.path(here, "data", paste0(name, ".csv")), na.strings = c("NA", "-99", ""))

hs <- read("hs")[paste0("x", 1:9)]
corp_items <- c(
  paste0("comp_", 1:3), paste0("like_", 1:3), paste0("cusl_", 1:3), "cusa", paste0("qual_", 1:8)
)
corp <- na.omit(read("corp")[corp_items])
attr(corp, "na.action") <- NULL

# The reference wave: users, who answered everything.
numbered <- function(stem, k) sprintf("%s%02d", stem, seq_len(k))
batteries <- list(
  CUL = numbered("CUL", 6), OMG = numbered("OMG", 6), MOT = numbered("MOT", 12), ERV = numbered("ERV", 12),
  REP = numbered("REP", 5)
)
wave <- read("mkb")
mkb <- na.omit(wave[unlist(batteries)])
attr(mkb, "na.action") <- NULL
tables <- list(hs = hs, corp = corp, mkb = mkb)
# What is explored, and on how many factors: of the wave its motives.
explored <- list(hs = hs, corp = corp, mkb = mkb[batteries$MOT])
factors <- c(hs = 3, corp = 3, mkb = 4)

scales <- list(
  hs = list(visual = paste0("x", 1:3), textual = paste0("x", 4:6), speed = paste0("x", 7:9), all = paste0("x", 1:9)),
  corp = list(
    COMP = paste0("comp_", 1:3), LIKE = paste0("like_", 1:3), CUSL = paste0("cusl_", 1:3),
    QUAL = paste0("qual_", 1:8), all = corp_items
  ),
  mkb = c(batteries, list(all = unlist(batteries, use.names = FALSE)))
)

# ---- writing ------------------------------------------------------------------------------------------------------

digits <- function(column) {
  if (!is.double(column)) return(as.character(column))
  text <- sprintf("%.17g", column)
  text[is.na(column)] <- ""
  text
}

write_table <- function(name, frame) {
  lines <- do.call(paste, c(lapply(frame, digits), sep = ","))
  writeLines(c(versions, paste(names(frame), collapse = ","), lines), file.path(here, paste0(name, ".csv")))
}

bind <- function(frames) do.call(rbind, Filter(Negate(is.null), frames))

named <- function(values, ...) data.frame(..., name = names(values), value = as.double(values))

cells <- function(matrix, ...) {
  matrix <- unclass(matrix)
  data.frame(...,
    row = rownames(matrix)[row(matrix)], col = as.character(colnames(matrix)[col(matrix)]), value = as.double(matrix)
  )
}

each_scale <- function(make) {
  bind(lapply(names(scales), function(data) {
    bind(lapply(names(scales[[data]]), function(scale) make(data, scale, tables[[data]][scales[[data]][[scale]]])))
  }))
}

# ---- reliability --------------------------------------------------------------------------------------------------

alphas <- function(data, scale, x) {
  found <- suppressWarnings(psych::alpha(x, check.keys = FALSE, warnings = FALSE))
  feldt <- alpha.ci(found$total$raw_alpha, nrow(x), ncol(x))
  total <- c(
    n = nrow(x), k = ncol(x), alpha = found$total$raw_alpha, alpha_std = found$total$std.alpha,
    mean_r = found$total$average_r, low = feldt$lower.ci, high = feldt$upper.ci
  )
  item <- function(values, name) data.frame(data, scale, name, item = colnames(x), value = as.double(values))
  rbind(
    data.frame(data, scale, name = names(total), item = "", value = as.double(total)),
    item(found$alpha.drop$raw_alpha, "alpha_dropped"),
    item(found$item.stats$r.drop, "item_rest"),
    item(found$item.stats$raw.r, "item_total")
  )
}

# Raykov's omega divides by the implied variance of the sum, Bentler's and McDonald's by implied and observed totals.

models <- list(
  hs = list(
    cfa = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9",
    single = "all =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9",
    second = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\ng =~ visual + textual + speed",
    bifactor = paste(
      "g =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9", "textual =~ x4 + x5 + x6", "speed =~ x7 + x8 + x9",
      "g ~~ 0*textual + 0*speed", "textual ~~ 0*speed", sep = "\n"
    )
  ),
  corp = list(
    cfa = paste(
      "COMP =~ comp_1 + comp_2 + comp_3", "LIKE =~ like_1 + like_2 + like_3", "CUSL =~ cusl_1 + cusl_2 + cusl_3",
      "QUAL =~ qual_1 + qual_2 + qual_3 + qual_4 + qual_5 + qual_6 + qual_7 + qual_8", sep = "\n"
    ),
    single = "QUAL =~ qual_1 + qual_2 + qual_3 + qual_4 + qual_5 + qual_6 + qual_7 + qual_8",
    residual = paste(
      "LIKE =~ like_1 + like_2 + like_3",
      "QUAL =~ qual_1 + qual_2 + qual_3 + qual_4 + qual_5 + qual_6 + qual_7 + qual_8",
      "qual_1 ~~ qual_2", "qual_3 ~~ qual_5", "qual_8 ~~ like_1", sep = "\n"
    )
  ),
  mkb = list(
    cfa = paste(names(batteries), sapply(batteries, paste, collapse = " + "), sep = " =~ ", collapse = "\n"),
    single = paste("REP =~", paste(batteries$REP, collapse = " + ")),
    second = paste(
      "PR =~ MOT01 + MOT02 + MOT03", "SALES =~ MOT04 + MOT05 + MOT06", "CARE =~ MOT07 + MOT08 + MOT09",
      "CRISIS =~ MOT10 + MOT11 + MOT12", "g =~ PR + SALES + CARE + CRISIS", sep = "\n"
    )
  )
)

long <- function(parts, found, ...) {
  bind(lapply(names(Filter(Negate(is.null), parts)), function(name) {
    values <- unlist(parts[[name]])
    values <- values[intersect(names(values), lavNames(found, "lv"))]
    data.frame(..., name, construct = names(values), value = as.double(values))
  }))
}

higher <- function(model) if (model == "second") "g" else character(0)

from_model <- function(data, model, scaled) {
  x <- tables[[data]]
  if (scaled) x <- as.data.frame(scale(x))
  found <- cfa(models[[data]][[model]], x)
  stopifnot(lavInspect(found, "converged"), all(diag(lavInspect(found, "theta")) > 0))
  old <- suppressWarnings(suppressMessages(semTools::reliability(found)))
  row <- function(name) setNames(old[name, ], colnames(old))
  parts <- list(
    omega = compRelSEM(found, obs.var = FALSE, higher = higher(model)),
    omega_observed = compRelSEM(found, obs.var = TRUE, higher = higher(model)),
    omega_bentler = row("omega2"), alpha = row("alpha"), ave = AVE(found, obs.var = FALSE),
    maximal = if (model == "single") setNames(as.double(maximalRelia(found)), lavNames(found, "lv"))
  )
  if (model != "second") parts <- c(parts, standard_parts(found))
  long(parts, found, data, model, scaled = as.integer(scaled))
}

# Of items brought to unit implied variance, from lavaan's standardised solution.
standard_parts <- function(found) {
  loadings <- subset(standardizedSolution(found), op == "=~")
  R <- cov2cor(unclass(fitted(found)$cov))
  by_latent <- split(loadings, loadings$lhs)
  list(
    omega_standard = sapply(by_latent, function(one) sum(one$est.std)^2 / sum(R[one$rhs, one$rhs])),
    ave_standard = sapply(by_latent, function(one) mean(one$est.std^2))
  )
}

omegas <- function() {
  bind(lapply(names(models), function(data) bind(lapply(names(models[[data]]), function(model) {
    rbind(from_model(data, model, FALSE), from_model(data, model, TRUE))
  }))))
}

omega_errors <- function() {
  spec <- paste(
    "visual =~ x1 + l2*x2 + l3*x3", "x1 ~~ e1*x1\nx2 ~~ e2*x2\nx3 ~~ e3*x3\nvisual ~~ v*visual",
    "textual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9",
    "omega := (1 + l2 + l3)^2*v/((1 + l2 + l3)^2*v + e1 + e2 + e3)", sep = "\n"
  )
  bind(lapply(c("ML", "MLR"), function(estimator) {
    rows <- subset(parameterEstimates(cfa(spec, hs, estimator = estimator)), op == ":=")
    data.frame(estimator, name = c("omega", "se"), value = c(rows$est, rows$se))
  }))
}

# Green & Yang's omega, and omega, alpha and variance extracted of the latent responses.
ordinal_specs <- list(
  corp = "COMP =~ comp_1 + comp_2 + comp_3\nLIKE =~ like_1 + like_2 + like_3\nCUSL =~ cusl_1 + cusl_2 + cusl_3",
  mkb = paste("CUL =~ CUL01 + CUL02 + CUL03 + CUL04 + CUL05 + CUL06", models$mkb$single, sep = "\n")
)

ordinals <- function() bind(lapply(names(ordinal_specs), ordinal_of))

ordinal_of <- function(data) {
  found <- cfa(ordinal_specs[[data]], tables[[data]], ordered = TRUE, estimator = "WLSMV")
  old <- suppressWarnings(suppressMessages(semTools::reliability(found)))
  row <- function(name) setNames(old[name, ], colnames(old))
  long(list(
    omega = compRelSEM(found, obs.var = FALSE), omega_latent = compRelSEM(found, obs.var = FALSE, ord.scale = FALSE),
    alpha = row("alpha"), alpha_ordinal = row("alpha.ord"), ave = AVE(found, obs.var = FALSE)
  ), found, data = data)
}

# psych::omega's figures, from a solution carried on to its minimum as in efa().
schmid <- function() {
  bind(lapply(names(explored), function(data) {
    m <- factors[[data]]
    R <- correlation(data, "pearson")
    own <- suppressWarnings(
      psych::omega(explored[[data]], m, fm = "minres", rotate = "oblimin", plot = FALSE, flip = FALSE)
    )
    plain <- suppressWarnings(fa(R, m, rotate = "none", fm = "minres"))
    first <- ordered_factors(rotate(polish(plain, R, "minres"), "oblimin"))
    above <- polish(suppressWarnings(fa(first$phi, 1, rotate = "none", fm = "minres")), first$phi, "minres")
    general <- drop(first$L %*% above)
    groups <- sweep(first$L, 2, sqrt(1 - drop(above)^2), "*")
    common <- general^2 + rowSums(groups^2)
    value <- c(
      omega_hierarchical = sum(general)^2 / sum(R), omega_total = 1 - sum(1 - common) / sum(R),
      explained = sum(general^2) / sum(common)
    )
    stopifnot(max(abs(value - c(own$omega_h, own$omega.tot, own$ECV))) < 1e-3)
    rbind(
      data.frame(data, name = names(value), item = "", value = as.double(value)),
      data.frame(data, name = "general", item = colnames(R), value = general)
    )
  }))
}

# ---- factors ------------------------------------------------------------------------------------------------------

adequacy <- function(data, scale, x, kind = "pearson") {
  R <- if (kind == "pearson") cor(x) else correlation(data, kind)
  kmo <- KMO(R)
  bartlett <- cortest.bartlett(R, n = nrow(x))
  rbind(
    data.frame(data, scale, correlation = kind, name = "kmo", item = c("", colnames(x)), value = c(kmo$MSA, kmo$MSAi)),
    data.frame(data, scale,
      correlation = kind, name = c("chisq", "df", "pvalue", "determinant"), item = "",
      value = c(bartlett$chisq, bartlett$df, bartlett$p.value, det(R))
    )
  )
}

efa_cases <- expand.grid(
  rotation = c("none", "varimax", "promax", "oblimin", "geominQ"), method = c("minres", "ml"),
  data = names(explored), correlation = "pearson", stringsAsFactors = FALSE
)
efa_cases <- rbind(
  efa_cases,
  data.frame(rotation = "oblimin", method = "minres", data = c("corp", "mkb"), correlation = "polychoric")
)

# psych's optimiser and rotations stop about 1e-5 from their optimum; these carry on from there.

concentrated <- list(
  minres = list(
    loading = function(psi, R, m) {
      e <- eigen(R - diag(psi), symmetric = TRUE)
      e$vectors[, 1:m, drop = FALSE] %*% diag(sqrt(e$values[1:m]), m)
    },
    value = function(psi, R, m) sum(eigen(R - diag(psi), symmetric = TRUE)$values[-(1:m)]^2),
    gradient = function(psi, R, m) {
      e <- eigen(R - diag(psi), symmetric = TRUE)
      -2 * drop(e$vectors[, -(1:m)]^2 %*% e$values[-(1:m)])
    }
  ),
  ml = list(
    loading = function(psi, R, m) {
      e <- eigen(R / sqrt(psi %o% psi), symmetric = TRUE)
      sqrt(psi) * e$vectors[, 1:m, drop = FALSE] %*% diag(sqrt(e$values[1:m] - 1), m)
    },
    value = function(psi, R, m) {
      v <- eigen(R / sqrt(psi %o% psi), symmetric = TRUE)$values[-(1:m)]
      sum(v - log(v) - 1)
    },
    gradient = function(psi, R, m) {
      L <- concentrated$ml$loading(psi, R, m)
      diag(tcrossprod(L) + diag(psi) - R) / psi^2
    }
  )
)

polish <- function(found, R, method) {
  part <- concentrated[[method]]
  m <- found$factors
  psi <- found$uniquenesses
  slope <- function(at) part$gradient(at, R, m)
  for (step in 1:6) psi <- psi - solve(numDeriv::jacobian(slope, psi), slope(psi))
  stopifnot(max(abs(slope(psi))) < 1e-12, max(abs(psi - found$uniquenesses)) < 1e-3)
  L <- part$loading(psi, R, m)
  sweep(L, 2, sign(colSums(L)), "*")
}

rotate <- function(L, rotation) {
  m <- ncol(L)
  tight <- list(eps = 1e-7, maxit = 3000)
  if (rotation == "none") return(list(L = L, phi = diag(m)))
  if (rotation == "varimax") return(list(L = unclass(varimax(L, eps = 1e-16)$loadings), phi = diag(m)))
  if (rotation == "promax") {
    h <- sqrt(rowSums(L^2))
    first <- unclass(varimax(L / h, normalize = FALSE, eps = 1e-16)$loadings)
    U <- lm.fit(first, first * abs(first)^3)$coefficients
    U <- U %*% diag(sqrt(diag(solve(crossprod(U)))))
    return(list(L = h * first %*% U, phi = solve(U) %*% t(solve(U))))
  }
  found <- do.call(get(rotation, asNamespace("GPArotation")), c(list(L), tight))
  list(L = unclass(found$loadings), phi = found$Phi)
}

ordered_factors <- function(found) {
  first <- order(-diag(found$phi %*% crossprod(found$L)))
  sign <- sign(colSums(found$L))[first]
  list(L = found$L[, first] %*% diag(sign), phi = diag(sign) %*% found$phi[first, first] %*% diag(sign))
}

# Columns may be swapped or mirrored between the polished solution and psych's own.
near <- function(ours, theirs) {
  all(apply(ours, 2, function(a) min(apply(theirs, 2, function(b) min(max(abs(a - b)), max(abs(a + b)))))) < 2e-3)
}

# Polychoric correlations are lavaan's: psych adds half a count to empty cells.
correlation <- function(data, kind) {
  x <- explored[[data]]
  if (kind == "pearson") cor(x) else unclass(lavCor(x, ordered = names(x)))
}

efa <- function(case) {
  R <- correlation(case$data, case$correlation)
  m <- factors[[case$data]]
  own <- suppressWarnings(fa(R, m, n.obs = nrow(explored[[case$data]]), rotate = case$rotation, fm = case$method))
  plain <- suppressWarnings(fa(R, m, rotate = "none", fm = case$method))
  found <- ordered_factors(rotate(polish(plain, R, case$method), case$rotation))
  stopifnot(near(found$L, unclass(own$loadings)))
  names <- paste0("F", seq_len(m))
  make <- function(matrix, what, rows = colnames(R), cols = names) {
    dimnames(matrix) <- list(rows, cols)
    cells(matrix,
      data = case$data, correlation = case$correlation, method = case$method, rotation = case$rotation, what = what
    )
  }
  common <- found$L %*% found$phi %*% t(found$L)
  fit <- c(
    objective = own$objective, chisq = own$STATISTIC, df = own$dof, pvalue = own$PVAL, rmsea = own$RMSEA[[1]],
    tli = own$TLI, rmsr = own$rms, null_chisq = own$null.chisq
  )
  rbind(
    make(found$L, "pattern"), make(found$phi, "phi", names), make(found$L %*% found$phi, "structure"),
    make(matrix(diag(common)), "communality", cols = ""),
    data.frame(
      data = case$data, correlation = case$correlation, method = case$method, rotation = case$rotation, what = "fit",
      row = names(fit), col = "", value = as.double(fit)
    )
  )
}

# Eigenvalues of unrelated normal items (mean and 95th percentile of 20000 tables) and psych's MAP and fa.parallel.
retention <- function() {
  set.seed(20120314)
  bind(lapply(names(explored), function(data) {
    x <- explored[[data]]
    p <- ncol(x)
    random <- replicate(20000, eigen(cor(matrix(rnorm(nrow(x) * p), ncol = p)), TRUE, TRUE)$values)
    invisible(capture.output(own <- suppressWarnings(fa.parallel(x, fa = "pc", n.iter = 20, plot = FALSE))))
    map <- suppressWarnings(VSS(x, n = p - 2, rotate = "none", fm = "pc", plot = FALSE))$map
    part <- function(name, value) data.frame(data, name, m = seq_along(value), value = as.double(value))
    rbind(
      part("eigenvalue", own$pc.values), part("map", map[is.finite(map)]), part("random_mean", rowMeans(random)),
      part("random_high", apply(random, 1, quantile, 0.95))
    )
  }))
}

# ---- answers ------------------------------------------------------------------------------------------------------

shapes <- function() {
  bind(lapply(names(tables), function(data) {
    x <- tables[[data]]
    item <- function(name, value) data.frame(data, name, item = names(x), value = as.double(value))
    total <- function(name, value) data.frame(data, name, item = "", value = as.double(value))
    own <- mardia(x, plot = FALSE)
    rbind(
      item("mean", colMeans(x)), item("sd", sapply(x, sd)), item("skewness", psych::skew(x, type = 2)),
      item("kurtosis", kurtosi(x, type = 2)),
      total("psych_mardia_skewness", own$b1p), total("psych_mardia_kurtosis", own$b2p),
      total(paste0("mardia_skewness_", c("b1", "chisq", "df", "pvalue")), mardiaSkew(x)),
      total(paste0("mardia_kurtosis_", c("b2", "z", "pvalue")), mardiaKurtosis(x))
    )
  }))
}

distance_rows <- function() {
  bind(lapply(names(tables), function(data) {
    x <- tables[[data]]
    d <- mahalanobis(x, colMeans(x), cov(x))
    data.frame(data, row = seq_along(d), value = d)
  }))
}

# Little's test at lavaan's saturated moments; airquality is the table of naniar's example.
write.csv(airquality, file.path(here, "data", "airquality.csv"), row.names = FALSE, na = "", quote = FALSE)

mcar <- function() {
  incomplete <- list(
    airquality = airquality, corp = read("corp")[corp_items],
    mkb = wave[c(numbered("GEB", 10), batteries$CUL, batteries$OMG)]
  )
  bind(lapply(names(incomplete), function(data) {
    x <- as.matrix(incomplete[[data]])
    em <- lavCor(as.data.frame(x), missing = "ml", output = "fit", em.h1.iter.max = 100000, em.h1.tol = 1e-14)
    moments <- lavInspect(em, "sampstat")
    d2 <- 0
    df <- -ncol(x)
    for (rows in split(seq_len(nrow(x)), apply(is.na(x), 1, paste, collapse = ""))) {
      seen <- !is.na(x[rows[1], ])
      away <- colMeans(x[rows, seen, drop = FALSE]) - moments$mean[seen]
      d2 <- d2 + length(rows) * sum(away * solve(moments$cov[seen, seen], away))
      df <- df + sum(seen)
    }
    data.frame(data, name = c("chisq", "df", "pvalue"), value = c(d2, df, pchisq(d2, df, lower.tail = FALSE)))
  }))
}

# ---- validity and method ------------------------------------------------------------------------------------------

htmts <- function() {
  bind(lapply(names(models), function(data) {
    spec <- models[[data]]$cfa
    bind(lapply(c("htmt", "htmt2"), function(ratio) {
      found <- unclass(semTools::htmt(spec, data = tables[[data]], htmt2 = ratio == "htmt2"))
      cells(as.matrix(found), data = data, ratio)
    }))
  }))
}

between <- function() {
  bind(lapply(names(models), function(data) {
    found <- cfa(models[[data]]$cfa, tables[[data]])
    own <- standardizedSolution(found)
    own <- own[own$op == "~~" & own$lhs %in% lavNames(found, "lv") & own$lhs != own$rhs, ]
    pair <- function(name, value) data.frame(data, name, construct = own$lhs, other = own$rhs, value = as.double(value))
    rbind(pair("est", own$est.std), pair("se", own$se), pair("low", own$ci.lower), pair("high", own$ci.upper))
  }))
}

structures <- function() {
  bind(lapply(names(models), function(data) {
    found <- cfa(models[[data]]$cfa, tables[[data]])
    std <- lavInspect(found, "std")
    cells(unclass(std$lambda %*% std$psi), data = data)
  }))
}

inflation <- function() {
  bind(lapply(names(tables), function(data) {
    groups <- scales[[data]][names(scales[[data]]) != "all"]
    unit <- scale(tables[[data]])
    scores <- as.data.frame(lapply(groups, function(items) rowMeans(unit[, items])))
    vif <- sapply(names(scores), function(name) {
      1 / (1 - summary(lm(reformulate(setdiff(names(scores), name), name), scores))$r.squared)
    })
    values <- eigen(cor(tables[[data]]))$values
    data.frame(data,
      name = c(rep("vif", length(vif)), "share", "common_share"), construct = c(names(vif), "", ""),
      value = c(vif, values[1] / length(values), mean(fa(tables[[data]], 1)$communality))
    )
  }))
}

# ---- all ----------------------------------------------------------------------------------------------------------

write_table("alpha", each_scale(alphas))
write_table("omega", omegas())
write_table("omega_se", omega_errors())
write_table("omega_ordinal", ordinals())
write_table("schmid", schmid())
write_table("adequacy", rbind(
  each_scale(adequacy), adequacy("corp", "all", corp, "polychoric"), adequacy("mkb", "MOT", explored$mkb, "polychoric")
))
write_table("efa", bind(lapply(seq_len(nrow(efa_cases)), function(i) efa(efa_cases[i, ]))))
write_table("retention", retention())
write_table("shape", shapes())
write_table("distance", distance_rows())
write_table("mcar", mcar())
write_table("htmt", htmts())
write_table("between", between())
write_table("structure", structures())
write_table("method", inflation())
