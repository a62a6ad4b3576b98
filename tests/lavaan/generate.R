# Writes the reference numbers: Rscript tests/lavaan/generate.R [case id ...]
# One loop over cases.csv; one function for each kind of output. See README.md for the format.

suppressPackageStartupMessages(library(lavaan))

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
versions <- sprintf("# R %s.%s, lavaan %s", R.version$major, R.version$minor, packageDescription("lavaan")$Version)

# ---- writing ------------------------------------------------------------------------------------------------------

digits <- function(column) {
  if (is.double(column)) {
    text <- sprintf("%.17g", column)
    text[is.na(column)] <- ""
    return(text)
  }
  text <- as.character(column)
  text[is.na(text)] <- ""
  quoted <- grepl("[,\"\n]", text)
  text[quoted] <- paste0("\"", gsub("\"", "\"\"", text[quoted]), "\"")
  text
}

write_table <- function(frame, file) {
  lines <- if (nrow(frame)) do.call(paste, c(lapply(frame, digits), sep = ",")) else character()
  writeLines(c(versions, paste(digits(names(frame)), collapse = ","), lines), file)
}

# A list by group; lavaan drops the level of groups when there is one group.
by_group <- function(found, part) if (lavInspect(found, "ngroups") == 1L) list(part) else part

bind <- function(frames) do.call(rbind, Filter(Negate(is.null), frames))

triangle <- function(matrix, group, moment) {
  rows <- rownames(matrix)
  cells <- which(lower.tri(matrix, diag = TRUE), arr.ind = TRUE)
  data.frame(group, moment, row = rows[cells[, 1]], col = rows[cells[, 2]], value = as.double(matrix[cells]))
}

# Covariances as lower triangles, regression slopes whole, vectors (means, thresholds) with an empty `col`.
moment_rows <- function(moments, group) {
  rows <- lapply(names(moments), function(moment) {
    part <- unclass(moments[[moment]])
    if (is.null(part) || length(part) == 0L) return(NULL)
    if (is.matrix(part) && nrow(part) == ncol(part) && isSymmetric(unname(part), tol = 1e-8) &&
      identical(rownames(part), colnames(part))) {
      return(triangle(part, group, moment))
    }
    if (is.matrix(part) && ncol(part) > 1L || grepl("slopes", moment)) {
      return(data.frame(group, moment,
        row = rownames(part)[row(part)], col = colnames(part)[col(part)], value = as.double(part)
      ))
    }
    data.frame(group, moment, row = if (is.matrix(part)) rownames(part) else names(part), col = "", value = as.double(part))
  })
  bind(rows)
}

# A symmetric matrix with its names: the upper triangle is left empty.
lower <- function(matrix, names, extra = NULL) {
  matrix <- unclass(matrix)
  matrix[upper.tri(matrix)] <- NA
  columns <- as.data.frame(matrix)
  names(columns) <- names
  frame <- data.frame(parameter = names, columns, check.names = FALSE)
  if (is.null(extra)) frame else cbind(extra, frame)
}

parameter_names <- function(found) {
  table <- parTable(found)
  table <- table[table$free > 0L & !duplicated(table$free), ]
  table <- table[order(table$free), ]
  paste0(table$lhs, table$op, table$rhs, ifelse(table$group > 1L, paste0(".g", table$group), ""))
}

# ---- fitting ------------------------------------------------------------------------------------------------------

words <- function(text) if (is.na(text) || text == "") character() else strsplit(text, " +")[[1]]

# CONSTRAINT(a + b = 1) is the specs' way of writing lavaan's `a + b == 1`.
# A spec stands in models/ here, or is one of the project's own.
model_syntax <- function(name) {
  files <- file.path(here, c("models", "../../models"), paste0(name, ".sem"))
  lines <- readLines(files[file.exists(files)][1])
  constraint <- grepl("^CONSTRAINT\\(.*\\)$", lines)
  lines[constraint] <- sub("=", "==", sub("^CONSTRAINT\\((.*)\\)$", "\\1", lines[constraint]), fixed = TRUE)
  paste(lines, collapse = "\n")
}

arguments <- function(case) {
  table <- read.csv(file.path(here, "data", paste0(case$data, ".csv")),
    na.strings = c("", words(case$missing_codes)), check.names = FALSE
  )
  args <- list(
    model = model_syntax(case$model),
    data = table, estimator = case$estimator, missing = switch(case$missing, fiml = "ml", case$missing),
    std.lv = case$std_lv == "1", fixed.x = case$fixed_x == "1",
    # The saturated moments under missing data come from EM; its own tolerance is 1e-5.
    em.h1.tol = 1e-14, em.h1.iter.max = 100000L
  )
  if (case$meanstructure != "") args$meanstructure <- case$meanstructure == "1"
  if (case$group != "") args$group <- case$group
  if (case$equal != "") args$group.equal <- words(case$equal)
  if (case$free != "") args$group.partial <- words(case$free)
  if (case$ordered != "") args$ordered <- words(case$ordered)
  if (case$parameterization != "") args$parameterization <- case$parameterization
  if (case$weights != "") args$sampling.weights <- case$weights
  args
}

# lavaan's gradient at free parameters x, projected on the linear equality constraints.
gradient <- function(found, x = NULL) {
  model <- found@Model
  if (!is.null(x)) model <- lavaan:::lav_model_set_parameters(model, x = x)
  slope <- lavaan:::lav_model_gradient(
    lavmodel = model, lavsamplestats = found@SampleStats, lavdata = found@Data, lavcache = found@Cache,
    group.weight = !found@SampleStats@missing.flag # lavaan's objective under missing data weighs the groups itself
  )
  if (model@eq.constraints) as.numeric(slope %*% model@eq.constraints.K) else as.numeric(slope)
}

# lavaan stops 1e-6 or so from the optimum. Newton steps on lavaan's own gradient take the estimates to the optimum
# within rounding; lavaan is then run at these values, without its optimiser.
newton <- function(found) {
  model <- found@Model
  whole <- function(z) z
  z <- lavaan:::lav_model_get_parameters(model, type = "free")
  if (model@eq.constraints) {
    K <- model@eq.constraints.K
    k0 <- model@eq.constraints.k0
    z <- as.numeric(crossprod(K, z - k0))
    whole <- function(z) as.numeric(K %*% z) + k0
  }
  slope <- function(z) gradient(found, whole(z))
  best <- z
  for (step in 1:6) {
    if (max(abs(slope(z))) < max(abs(slope(best)))) best <- z
    if (max(abs(slope(z))) < 1e-14) break
    z <- z - solve(numDeriv::jacobian(slope, z), slope(z))
  }
  if (max(abs(slope(z))) < max(abs(slope(best)))) best <- z
  whole(best)
}

# How far, in standard errors, lavaan's optimiser stopped from the optimum.
fit_case <- function(args) {
  first <- do.call("sem", args)
  if (!lavInspect(first, "converged")) stop("lavaan did not converge")
  sharp <- newton(first)
  start <- parTable(first)
  free <- start$free > 0L
  short <- max((abs(start$est - sharp[pmax(start$free, 1L)]) / start$se)[free & start$se > 0], na.rm = TRUE)
  start$est[free] <- sharp[start$free[free]]
  args$start <- start
  args$optim.method <- "none"
  args$baseline <- FALSE
  polished <- do.call("sem", args)
  if (short > 0.2 || polished@optim$fx > first@optim$fx + 1e-12) {
    stop("the polished estimates are not those of lavaan's optimum")
  }
  polished@baseline <- first@baseline
  polished@Options$baseline <- TRUE
  attr(polished, "stopped_short") <- short
  polished
}

# ---- outputs ------------------------------------------------------------------------------------------------------

estimates <- function(found) {
  table <- parTable(found)
  group <- if (is.null(table$group)) 1L else table$group
  labels <- lavInspect(found, "group.label")
  frame <- data.frame(
    lhs = table$lhs, op = table$op, rhs = table$rhs, group,
    block = if (length(labels)) c("", labels)[group + 1L] else "",
    label = table$label, plabel = table$plabel, free = table$free, user = table$user,
    exo = table$exo, ustart = as.double(table$ustart), est = table$est, se = table$se
  )
  constraint <- frame$op %in% c("==", "<", ">", ":=")
  shown <- parameterEstimates(found, remove.system.eq = FALSE, remove.eq = FALSE, remove.ineq = FALSE, remove.def = FALSE)
  stopifnot(nrow(shown) == nrow(frame), identical(shown$lhs, frame$lhs), identical(shown$rhs, frame$rhs))
  frame[c("z", "pvalue", "low", "high")] <- shown[c("z", "pvalue", "ci.lower", "ci.upper")]
  for (type in c("std.all", "std.lv", "std.nox")) {
    column <- sub(".", "_", type, fixed = TRUE)
    values <- tryCatch(
      standardizedSolution(found, type = type, remove.eq = FALSE, remove.ineq = FALSE, remove.def = FALSE),
      error = function(e) standardizedSolution(found, type = type, se = FALSE, remove.eq = FALSE, remove.ineq = FALSE, remove.def = FALSE)
    )
    key <- function(x) paste(x$lhs, x$op, x$rhs, if (is.null(x$group)) 1L else x$group)
    at <- match(key(frame), key(values))
    frame[[column]] <- values$est.std[at]
    frame[[paste0("se_", column)]] <- if (is.null(values$se)) NA_real_ else values$se[at]
    frame[constraint, c(column, paste0("se_", column))] <- NA_real_
  }
  frame
}

test_rows <- function(tests, prefix) {
  bind(lapply(names(tests), function(name) {
    numbers <- tests[[name]][c("stat", "df", "pvalue", "scaling.factor", "shift.parameter", "trace.UGamma", "trace.UGamma2")]
    numbers <- unlist(numbers[!vapply(numbers, function(x) is.null(x) || !is.numeric(x), TRUE)])
    groups <- tests[[name]]$stat.group
    if (length(groups) > 1L) numbers <- c(numbers, setNames(groups, paste0("stat.group", seq_along(groups))))
    data.frame(name = paste(prefix, name, names(numbers), sep = ":"), value = as.double(numbers))
  }))
}

fit_rows <- function(found) {
  measures <- fitMeasures(found)
  sizes <- lavInspect(found, "nobs")
  rbind(
    data.frame(name = names(measures), value = as.double(measures)),
    data.frame(
      name = c("gradient_max", "stopped_short", paste0("nobs_group", seq_along(sizes)),
        paste0("weight_group", seq_along(sizes)), "norig"
      ),
      value = as.double(c(
        max(abs(gradient(found))), attr(found, "stopped_short"), sizes,
        unlist(found@SampleStats@nobs), sum(lavInspect(found, "norig"))
      ))
    ),
    test_rows(found@test, "test"),
    test_rows(found@baseline$test, "baseline")
  )
}

options_rows <- function(found) {
  kept <- c(
    "estimator", "missing", "se", "test", "information", "h1.information", "observed.information",
    "information.meat", "h1.information.meat", "meanstructure", "conditional.x", "fixed.x", "std.lv",
    "parameterization", "likelihood", "sampling.weights.normalization", "int.ov.free", "int.lv.free",
    "auto.cov.lv.x", "auto.cov.y", "gamma.n.minus.one", "gamma.unbiased", "group.equal", "group.partial"
  )
  values <- lavInspect(found, "options")[kept]
  text <- vapply(values, function(value) paste(as.character(value), collapse = " "), "")
  names <- lavNames(found, "ov")
  data.frame(
    name = c(kept, "observed", "exogenous", "latent", "groups"),
    value = c(text, paste(names, collapse = " "), paste(lavNames(found, "ov.x"), collapse = " "),
      paste(lavNames(found, "lv"), collapse = " "), paste(lavInspect(found, "group.label"), collapse = " "))
  )
}

implied_rows <- function(found) {
  parts <- by_group(found, lavInspect(found, "implied"))
  latent <- by_group(found, lavInspect(found, "cov.lv"))
  bind(lapply(seq_along(parts), function(g) {
    rows <- moment_rows(parts[[g]], g)
    if (nrow(latent[[g]])) rbind(rows, triangle(unclass(latent[[g]]), g, "cov.lv")) else rows
  }))
}

sample_rows <- function(found) {
  parts <- by_group(found, lavInspect(found, "sampstat"))
  bind(lapply(seq_along(parts), function(g) moment_rows(parts[[g]], g)))
}

vcov_rows <- function(found) lower(vcov(found), parameter_names(found))

information_rows <- function(found) {
  names <- parameter_names(found)
  kinds <- c("expected", if (lavInspect(found, "options")$estimator == "ML") c("observed", "first.order"))
  bind(lapply(kinds, function(kind) {
    matrix <- tryCatch(lavInspect(found, paste0("information.", kind)), error = function(e) NULL)
    if (is.null(matrix)) NULL else lower(matrix, names, data.frame(kind = rep(kind, length(names))))
  }))
}

residual_rows <- function(found) {
  # Under ULS lavaan has no standard errors of residuals.
  with_se <- lavInspect(found, "options")$estimator != "ULS"
  parts <- by_group(found, lavResiduals(found, type = "cor.bentler", zstat = with_se, se = with_se, summary = FALSE))
  raw <- by_group(found, lavInspect(found, "resid"))
  key <- c("group", "moment", "row", "col")
  bind(lapply(seq_along(parts), function(g) {
    moments <- intersect(c("cov", "res.cov", "mean", "res.int", "th", "res.th", "res.slopes"), names(parts[[g]]))
    rows <- moment_rows(parts[[g]][moments], g)
    names(rows)[5] <- "residual"
    raw_rows <- moment_rows(raw[[g]], g)
    rows$raw <- raw_rows$value[match(do.call(paste, rows[key]), do.call(paste, raw_rows[key]))]
    for (kind in c("se", "z")) {
      some <- moments[paste0(moments, ".", kind) %in% names(parts[[g]])]
      values <- moment_rows(setNames(parts[[g]][paste0(some, ".", kind)], some), g)
      rows[[kind]] <- if (is.null(values)) NA_real_ else values$value[match(do.call(paste, rows[key]), do.call(paste, values[key]))]
    }
    rows
  }))
}

# SRMR, CRMR and USRMR/UCRMR with standard errors, and their tests of exact and close fit.
residual_summary_rows <- function(found) {
  bind(lapply(c(srmr = "cor.bentler", crmr = "cor.bollen", rmr = "raw"), function(type) {
    parts <- by_group(found, lavResiduals(found, type = type, zstat = FALSE, summary = TRUE))
    bind(lapply(seq_along(parts), function(g) {
      summary <- parts[[g]]$summary
      bind(lapply(names(summary), function(column) {
        data.frame(group = g, type = type, moment = column, name = rownames(summary), value = as.double(summary[[column]]))
      }))
    }))
  }))
}

modification_rows <- function(found) {
  frame <- as.data.frame(unclass(modindices(found, na.remove = FALSE)))
  if (is.null(frame$group)) frame$group <- 1L
  kept <- intersect(
    c("lhs", "op", "rhs", "group", "mi", "mi.scaled", "epc", "sepc.lv", "sepc.all", "sepc.nox"), names(frame)
  )
  frame <- frame[kept]
  names(frame) <- gsub(".", "_", names(frame), fixed = TRUE)
  frame[!is.na(frame$mi), ]
}

# The score test of releasing each equality constraint.
release_rows <- function(found) {
  if (!any(parTable(found)$op == "==")) return(NULL)
  tests <- lavTestScore(found)
  total <- as.data.frame(unclass(tests$test))
  single <- as.data.frame(unclass(tests$uni))
  shared <- intersect(names(single), names(total))
  names(single) <- gsub(".", "_", names(single), fixed = TRUE)
  total <- total[shared]
  names(total) <- gsub(".", "_", names(total), fixed = TRUE)
  bind(list(single, cbind(data.frame(lhs = "total", op = "==", rhs = ""), total)[names(single)]))
}

# Scores of the first ten rows of each group that lavaan used, with its standard errors.
score_rows <- function(found) {
  ordinal <- lavInspect(found, "categorical")
  index <- by_group(found, lavInspect(found, "case.idx"))
  labels <- lavInspect(found, "group.label")
  bind(lapply(if (ordinal) c("EBM", "ML") else c("regression", "Bartlett"), function(method) {
    errors <- if (ordinal) "none" else "standard"
    whole <- lavPredict(found, method = method, se = errors, assemble = FALSE)
    parts <- by_group(found, whole)
    spread <- attr(whole, "se")
    bind(lapply(seq_along(parts), function(g) {
      part <- unclass(parts[[g]])
      rows <- head(seq_len(nrow(part)), 10L)
      cells <- expand.grid(row = rows, latent = seq_len(ncol(part)))
      se <- if (is.null(spread)) NULL else spread[[g]]
      data.frame(
        method, group = g, index = index[[g]][cells$row], latent = colnames(part)[cells$latent],
        value = part[as.matrix(cells)],
        se = if (is.null(se)) NA_real_ else if (nrow(se) == 1L) se[1L, cells$latent] else se[as.matrix(cells)]
      )
    }))
  }))
}

r2_rows <- function(found) {
  parts <- by_group(found, lavInspect(found, "rsquare"))
  bind(lapply(seq_along(parts), function(g) {
    data.frame(group = rep(g, length(parts[[g]])), name = names(parts[[g]]), value = as.double(parts[[g]]))
  }))
}

# The asymptotic covariance of the sample moments times n, and the weights of the least squares.
gamma_rows <- function(found) {
  parts <- list(gamma = by_group(found, lavInspect(found, "gamma")))
  parts$weight <- tryCatch(by_group(found, lavInspect(found, "wls.v")), error = function(e) NULL)
  bind(lapply(names(parts), function(kind) {
    bind(lapply(seq_along(parts[[kind]]), function(g) {
      matrix <- parts[[kind]][[g]]
      names <- rownames(parts$gamma[[g]])
      lower(matrix, names, data.frame(group = rep(g, length(names)), kind = rep(kind, length(names))))
    }))
  }))
}

outputs <- list(
  estimates = estimates, fit = fit_rows, options = options_rows, implied = implied_rows, sample = sample_rows,
  vcov = vcov_rows, r2 = r2_rows, residuals = residual_rows, residual_summary = residual_summary_rows,
  information = information_rows, modification = modification_rows, release = release_rows,
  scores = score_rows, gamma = gamma_rows
)
always <- c("estimates", "fit", "options", "implied", "sample", "r2")

# ---- the loop -----------------------------------------------------------------------------------------------------

run_case <- function(case) {
  folder <- file.path(here, case$id)
  unlink(folder, recursive = TRUE)
  notes <- list()
  noting <- function(stage, expression) {
    note <- function(kind, condition) {
      message <- gsub("[[:space:]]+", " ", conditionMessage(condition))
      notes[[length(notes) + 1L]] <<- data.frame(id = case$id, stage, kind, message = trimws(message))
    }
    tryCatch(
      withCallingHandlers(expression, warning = function(w) {
        note("warning", w)
        invokeRestart("muffleWarning")
      }),
      error = function(e) {
        note("error", e)
        NULL
      }
    )
  }
  found <- noting("fit", fit_case(arguments(case)))
  if (!is.null(found)) {
    dir.create(folder)
    for (kind in c(always, words(case$outputs))) {
      before <- length(notes)
      frame <- noting(kind, outputs[[kind]](found))
      if (!is.null(frame)) {
        write_table(frame, file.path(folder, paste0(kind, ".csv")))
      } else if (length(notes) == before) {
        notes[[before + 1L]] <- data.frame(id = case$id, stage = kind, kind = "absent", message = "lavaan gives none")
      }
    }
  }
  unique(bind(notes))
}

main <- function(ids) {
  cases <- read.csv(file.path(here, "cases.csv"), colClasses = "character", na.strings = NULL)
  unknown <- setdiff(ids, cases$id)
  if (length(unknown)) stop("cases.csv has no case ", paste(unknown, collapse = ", "))
  chosen <- if (length(ids)) ids else cases$id
  file <- file.path(here, "notes.csv")
  notes <- if (file.exists(file)) read.csv(file, comment.char = "#", colClasses = "character") else NULL
  notes <- notes[notes$id %in% setdiff(cases$id, chosen), ]
  for (id in chosen) {
    began <- proc.time()[["elapsed"]]
    notes <- rbind(notes, run_case(as.list(cases[cases$id == id, ])))
    write_table(notes[order(match(notes$id, cases$id)), ], file)
    state <- if (dir.exists(file.path(here, id))) "" else "no fit, see notes.csv"
    cat(sprintf("%-32s %6.1f s %s\n", id, proc.time()[["elapsed"]] - began, state))
  }
}

main(commandArgs(trailingOnly = TRUE))
