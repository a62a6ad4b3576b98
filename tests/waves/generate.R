# Reference numbers for the invariance ladder: lavaan's fits of the models that semTools' measEq.syntax() writes.
#
#     python tests/waves/export.py
#     Rscript tests/waves/generate.R [case ...]
#
# fit.csv: one row a case and rung; difference.csv: lavTestLRT between neighbours; means.csv: latent means and
# variances with standard errors; versions.csv: R and package versions.

suppressMessages({
  library(lavaan)
  library(semTools)
})
options(digits = 16)
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))
wanted <- commandArgs(TRUE)

HS <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
CORP <- "COMP =~ comp_1 + comp_2 + comp_3\nLIKE =~ like_1 + like_2 + like_3\nCUSL =~ cusl_1 + cusl_2 + cusl_3"
SIM <- "one =~ x1 + x2 + x3 + x4\ntwo =~ x5 + x6 + x7 + x8"

continuous <- list(
  configural = character(), metric = "loadings", scalar = c("loadings", "intercepts"),
  strict = c("loadings", "intercepts", "residuals")
)
ordinal <- list(
  configural = character(), thresholds = "thresholds", loadings = c("thresholds", "loadings"),
  intercepts = c("thresholds", "loadings", "intercepts"),
  residuals = c("thresholds", "loadings", "intercepts", "residuals")
)
# With two categories only the rungs of Wu & Estabrook (2016) that hold thresholds, loadings and intercepts together.
binary <- ordinal[c("configural", "intercepts", "residuals")]

cases <- list(
  hs = list(HS, "hs", "school", continuous, FALSE),
  hs_missing = list(HS, "hs_missing", "school", continuous, FALSE),
  corp = list(CORP, "corp", "serviceprovider", continuous, FALSE),
  five4_continuous = list(SIM, "five4", "wave", continuous, FALSE),
  five2 = list(SIM, "five2", "wave", ordinal, TRUE),
  five4 = list(SIM, "five4", "wave", ordinal, TRUE),
  three2 = list(SIM, "three2", "wave", ordinal, TRUE),
  two2 = list(SIM, "two2", "wave", binary, TRUE)
)
if (length(wanted)) cases <- cases[wanted]

tight <- list(rel.tol = 1e-10, iter.max = 50000L, eval.max = 50000L)

fitted_rung <- function(model, table, group, equal, is_ordinal) {
  items <- unlist(lapply(strsplit(model, "\n")[[1]], function(line) strsplit(sub(".*=~ ", "", line), " \\+ ")[[1]]))
  args <- list(
    configural.model = model, data = table, group = group, ID.fac = "std.lv", group.equal = equal,
    meanstructure = TRUE
  )
  if (is_ordinal) args <- c(args, list(ordered = items, parameterization = "theta", ID.cat = "Wu.Estabrook.2016"))
  syntax <- suppressMessages(suppressWarnings(as.character(do.call("measEq.syntax", args))))
  fit_args <- list(model = syntax, data = table, group = group, control = tight, check.gradient = FALSE)
  if (is_ordinal) {
    fit_args <- c(fit_args, list(ordered = items, parameterization = "theta", estimator = "WLSMV"))
  } else {
    fit_args <- c(fit_args, list(
      estimator = "MLR", missing = if (anyNA(table[items])) "ml" else "listwise",
      em.h1.tol = 1e-14, em.h1.iter.max = 100000L
    ))
  }
  # From where lavaan's optimiser stops, once more: it stops a little short.
  once <- suppressWarnings(do.call("cfa", fit_args))
  twice <- suppressWarnings(do.call("cfa", c(fit_args, list(start = parTable(once)))))
  if (lavInspect(twice, "converged")) twice else once
}

numbers <- c(
  "npar", "chisq", "df", "chisq.scaled", "cfi", "rmsea", "srmr", "cfi.scaled", "rmsea.scaled", "cfi.robust",
  "rmsea.robust"
)

difference <- function(case, rung, upper, lower, method, A = "delta") {
  found <- tryCatch(
    suppressWarnings(lavTestLRT(lower, upper, method = method, A.method = A)),
    error = function(e) NULL
  )
  if (is.null(found)) return(NULL)
  data.frame(case = case, rung = rung, method = method, restriction = A, diff = found[2, "Chisq diff"],
             df = found[2, "Df diff"])
}

fit_rows <- diff_rows <- mean_rows <- list()
for (name in names(cases)) {
  case <- cases[[name]]
  table <- read.csv(file.path(here, "data", paste0(case[[2]], ".csv")))
  below <- NULL
  for (rung in names(case[[4]])) {
    began <- Sys.time()
    found <- fitted_rung(case[[1]], table, case[[3]], case[[4]][[rung]], case[[5]])
    cat(name, rung, format(Sys.time() - began), "\n")
    measures <- fitMeasures(found)
    values <- setNames(as.list(measures[numbers]), numbers)
    fit_rows[[length(fit_rows) + 1]] <- data.frame(
      case = name, rung = rung, n_groups = lavInspect(found, "ngroups"), as.data.frame(values), check.names = FALSE
    )
    if (!is.null(below) && measures["df"] > fitMeasures(below, "df")) {
      if (case[[5]]) {
        diff_rows[[length(diff_rows) + 1]] <- difference(name, rung, found, below, "satorra.2000", "delta")
        diff_rows[[length(diff_rows) + 1]] <- difference(name, rung, found, below, "satorra.2000", "exact")
      } else {
        diff_rows[[length(diff_rows) + 1]] <- difference(name, rung, found, below, "satorra.bentler.2001")
      }
    }
    below <- found
    all <- parameterEstimates(found)
    latent <- lavNames(found, "lv")
    kept <- all[all$lhs %in% latent & ((all$op == "~1") | (all$op == "~~" & all$lhs == all$rhs)), ]
    mean_rows[[length(mean_rows) + 1]] <- data.frame(
      case = name, rung = rung, group = lavInspect(found, "group.label")[kept$group],
      kept[c("lhs", "op", "est", "se", "ci.lower", "ci.upper")]
    )
  }
}
write.csv(do.call(rbind, fit_rows), file.path(here, "fit.csv"), row.names = FALSE)
write.csv(do.call(rbind, diff_rows), file.path(here, "difference.csv"), row.names = FALSE)
write.csv(do.call(rbind, mean_rows), file.path(here, "means.csv"), row.names = FALSE)
write.csv(data.frame(
  program = c("R", "lavaan", "semTools"),
  version = c(as.character(getRversion()), as.character(packageVersion("lavaan")), as.character(packageVersion("semTools")))
), file.path(here, "versions.csv"), row.names = FALSE)
