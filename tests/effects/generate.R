# Writes the reference numbers of effects: Rscript tests/effects/generate.R [delta] [bootstrap] [montecarlo] [bollenstine]
# lavaan computes them from formulas that this script writes for every path. Each file names the versions in its first
# line; see README.md for the columns.

suppressPackageStartupMessages({ library(lavaan); library(semTools) })

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
version <- function(name) paste(name, packageDescription(name)$Version)
versions <- sprintf("# R %s.%s, %s, %s", R.version$major, R.version$minor, version("lavaan"), version("semTools"))
parts <- commandArgs(trailingOnly = TRUE)
if (!length(parts)) parts <- c("delta", "bootstrap", "montecarlo", "bollenstine")
DRAWS <- 1000

write_table <- function(frame, name) {
  frame[] <- lapply(frame, function(x) if (is.double(x)) ifelse(is.na(x), "", sprintf("%.17g", x)) else as.character(x))
  lines <- do.call(paste, c(as.list(frame), sep = ","))
  writeLines(c(versions, paste(names(frame), collapse = ","), lines), file.path(here, paste0(name, ".csv")))
}

spec_of <- function(name) {
  own <- file.path(here, "..", "lavaan", "models", paste0(name, ".sem"))
  file <- if (file.exists(own)) own else file.path(here, "..", "..", "models", paste0(name, ".sem"))
  trimws(sub("#.*", "", readLines(file)))
}

data_of <- function(name) read.csv(file.path(here, "..", "lavaan", "data", paste0(name, ".csv")))

# Every regression gets a label, one a group: b1_1, b1_2 …
labelled <- function(lines, groups) {
  edges <- data.frame()
  for (i in seq_along(lines)) {
    if (!grepl("~", lines[i]) || grepl("=~|~~", lines[i])) next
    sides <- strsplit(lines[i], "~")[[1]]
    tails <- trimws(strsplit(sides[2], "\\+")[[1]])
    numbers <- nrow(edges) + seq_along(tails)
    edges <- rbind(edges, data.frame(tail = tails, head = trimws(sides[1]), number = numbers))
    labels <- sapply(numbers, function(n) paste0("c(", paste0("b", n, "_", seq_len(groups), collapse = ","), ")"))
    lines[i] <- paste(sides[1], "~", paste0(labels, "*", tails, collapse = " + "))
  }
  list(lines = lines, edges = edges)
}

# All paths that visit no variable twice, depth first.
walk <- function(edges, way, numbers) {
  out <- list()
  for (i in which(edges$tail == way[length(way)] & !(edges$head %in% way))) {
    there <- list(way = c(way, edges$head[i]), numbers = c(numbers, edges$number[i]))
    out <- c(out, list(there), walk(edges, there$way, there$numbers))
  }
  out
}

# Formulas of direct, specific, total indirect and total effects; totals only where the arrows form no loop.
formulas <- function(edges, groups, totals) {
  ways <- do.call(c, lapply(unique(edges$tail), function(begin) walk(edges, begin, integer())))
  out <- data.frame()
  for (g in seq_len(groups)) {
    product <- sapply(ways, function(w) paste0("b", w$numbers, "_", g, collapse = "*"))
    path <- sapply(ways, function(w) paste(w$way, collapse = " -> "))
    ends <- sapply(ways, function(w) paste(w$way[1], "->", w$way[length(w$way)]))
    long <- sapply(ways, function(w) length(w$way) > 2)
    add <- function(effect, path, formula) out <<- rbind(out, data.frame(group = g, effect, path, formula))
    add(ifelse(long, "indirect", "direct"), path, product)
    if (!totals) next
    for (pair in unique(ends)) {
      if (any(long[ends == pair])) add("total indirect", pair, paste(product[ends == pair & long], collapse = "+"))
      add("total", pair, paste(product[ends == pair], collapse = "+"))
    }
  }
  out$name <- paste0("e", seq_len(nrow(out)))
  out
}

# The two variables of `nonrec` that cause each other: y1 ~ y2 + z1, y2 ~ y1 + z2, y3 ~ y1 + y2.
loop_totals <- function() {
  round <- "(1-b1_1*b3_1)"
  rows <- list(
    c("total", "y1 -> y3", paste0("(b5_1+b3_1*b6_1)/", round)),
    c("total", "z1 -> y1", paste0("b2_1/", round)),
    c("total", "z1 -> y3", paste0("b2_1*(b5_1+b3_1*b6_1)/", round)),
    c("total indirect", "z1 -> y1", paste0("b2_1/", round, "-b2_1")),
    c("total indirect", "y1 -> y2", paste0("b3_1/", round, "-b3_1"))
  )
  rows <- do.call(rbind, rows)
  data.frame(group = 1, effect = rows[, 1], path = rows[, 2], formula = rows[, 3], name = paste0("t", seq_len(nrow(rows))))
}

cases <- list(
  pd_ml = list(model = "pd", data = "pd"),
  pd_mlr = list(model = "pd", data = "pd", estimator = "MLR"),
  hs_chain_ml = list(model = "hs_chain", data = "hs"),
  hs_second_path_ml = list(model = "hs_second_path", data = "hs"),
  hs_school_chain_ml = list(model = "hs_chain", data = "hs", group = "school"),
  hs_chain_fiml = list(model = "hs_chain", data = "hs_missing", missing = "fiml"),
  mkb21_ml = list(model = "mkb21", data = "mkb21"),
  nonrec_ml = list(model = "nonrec", data = "nonrec"),
  ord5_path_wlsmv = list(model = "three_path", data = "ord5", estimator = "WLSMV", ordered = TRUE)
)

fitted <- function(case, ...) {
  lines <- if (case$model == "hs_second_path") c(spec_of("hs_second"), "ageyr ~ general", "grade ~ ageyr + general") else
    spec_of(case$model)
  answers <- data_of(case$data)
  groups <- if (is.null(case$group)) 1 else length(unique(answers[[case$group]]))
  drawn <- labelled(lines, groups)
  effects <- formulas(drawn$edges, groups, case$model != "nonrec")
  if (case$model == "nonrec") effects <- rbind(effects, loop_totals())
  text <- paste(c(drawn$lines, paste(effects$name, ":=", effects$formula)), collapse = "\n")
  options <- case[setdiff(names(case), c("model", "data"))]
  list(fit = do.call("sem", c(list(text, data = answers), options, list(...))), effects = effects)
}

by_name <- function(table, names) table[match(names, table$lhs), ]

# Where lavaan stopped, and its covariance of the free parameters, so that formulas can be tried at its own estimates.
state <- function(id, made) {
  table <- parTable(made$fit)
  table <- table[table$op %in% c("=~", "~", "~~", "~1", "|", "~*~"), c("group", "lhs", "op", "rhs", "free", "est")]
  V <- lavInspect(made$fit, "vcov")[seq_len(max(table$free)), seq_len(max(table$free))]
  at <- which(lower.tri(V, diag = TRUE), arr.ind = TRUE)
  list(
    estimates = cbind(case = id, table),
    vcov = data.frame(case = id, row = at[, 1], col = at[, 2], value = unname(V[at]))
  )
}

delta <- function(id) {
  made <- fitted(cases[[id]])
  out <- cbind(case = id, made$effects[c("group", "effect", "path")])
  raw <- by_name(parameterEstimates(made$fit), made$effects$name)
  out <- cbind(out, est = raw$est, se = raw$se)
  for (kind in c("all", "lv", "nox")) {
    std <- by_name(standardizedSolution(made$fit, type = paste0("std.", kind)), made$effects$name)
    out[paste0(c("std_", "se_std_"), kind)] <- list(std$est.std, std$se)
  }
  out
}

bootstrapped <- function(id) {
  made <- fitted(cases[[id]])
  names <- made$effects$name
  values <- function(fit) {
    std <- standardizedSolution(fit, se = FALSE, zstat = FALSE, pvalue = FALSE, ci = FALSE)
    table <- parTable(fit)
    r2 <- lavInspect(fit, "rsquare")
    c(by_name(table, names)$est, by_name(std, names)$est.std, r2)
  }
  set.seed(20120501)
  draws <- bootstrapLavaan(made$fit, R = DRAWS, FUN = values)
  r2 <- names(lavInspect(made$fit, "rsquare"))
  labels <- rbind(
    cbind(made$effects[c("effect", "path")], scale = "raw"),
    cbind(made$effects[c("effect", "path")], scale = "all"),
    data.frame(effect = "r2", path = r2, scale = "r2")
  )
  message(id, ": ", nrow(draws), " draws")
  cbind(case = id, labels, draws = nrow(draws), se = apply(draws, 2, sd), kurtosis = apply(draws, 2, function(x) {
    mean((x - mean(x))^4) / mean((x - mean(x))^2)^2
  }))
}

carlo <- function(id) {
  made <- fitted(cases[[id]])
  set.seed(20120501)
  raw <- monteCarloCI(made$fit, nRep = 20000)
  std <- monteCarloCI(made$fit, nRep = 5000, standardized = TRUE)
  at <- made$effects$name
  both <- function(table, scale, draws) {
    table <- table[match(at, rownames(table)), ]
    cbind(case = id, made$effects[c("effect", "path")], scale, draws, low = table$ci.lower, high = table$ci.upper)
  }
  rbind(both(raw, "raw", 20000), both(std, "all", 5000))
}

bollen_stine <- function(id) {
  set.seed(20120501)
  case <- cases[[id]]
  fit <- sem(paste(spec_of(case$model), collapse = "\n"), data_of(case$data), test = "bollen.stine", bootstrap = DRAWS)
  tests <- lavInspect(fit, "test")
  data.frame(case = id, draws = DRAWS, chisq = tests$standard$stat, p = tests$bollen.stine$pvalue)
}

if ("delta" %in% parts) {
  write_table(do.call(rbind, lapply(names(cases), delta)), "delta")
  states <- lapply(names(cases), function(id) state(id, fitted(cases[[id]])))
  for (part in c("estimates", "vcov")) write_table(do.call(rbind, lapply(states, `[[`, part)), part)
}
SMALL <- c("pd_ml", "hs_chain_ml", "mkb21_ml")
if ("bootstrap" %in% parts) write_table(do.call(rbind, lapply(SMALL, bootstrapped)), "bootstrap")
if ("montecarlo" %in% parts) write_table(do.call(rbind, lapply(SMALL, carlo)), "montecarlo")
if ("bollenstine" %in% parts) write_table(do.call(rbind, lapply(SMALL, bollen_stine)), "bollenstine")
