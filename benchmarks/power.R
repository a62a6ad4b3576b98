# lavaan simulating power, timed: Rscript benchmarks/power.R folder n replications
# Reads spec.txt, root.csv and margins.csv of the folder, writes timings.csv. Called by benchmarks.power.

suppressPackageStartupMessages(library(lavaan))

arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
n <- as.integer(arguments[2])
replications <- as.integer(arguments[3])
spec <- paste(readLines(file.path(folder, "spec.txt")), collapse = "\n")
root <- as.matrix(read.csv(file.path(folder, "root.csv")))
margins <- split(read.csv(file.path(folder, "margins.csv")), ~item)

draw <- function() {
  z <- matrix(rnorm(n * nrow(root)), n) %*% t(root)
  colnames(z) <- colnames(root)
  as.data.frame(sapply(colnames(z), function(item) {
    own <- margins[[item]]
    own$level[findInterval(z[, item], head(own$cut, -1)) + 1]
  }))
}

run <- function(...) {
  hits <- 0
  spent <- system.time(for (i in seq_len(replications)) {
    found <- suppressWarnings(sem(spec, draw(), estimator = "MLR", ...))
    table <- parameterEstimates(found)
    row <- table[table$lhs == "REP" & table$op == "~" & table$rhs == "INTENS", ]
    hits <- hits + isTRUE(row$z > qnorm(0.95))
  })
  c(wall = spent[["elapsed"]], cpu = sum(spent[c("user.self", "sys.self")]), power = hits / replications)
}

set.seed(1)
invisible(suppressWarnings(sem(spec, draw(), estimator = "MLR")))
label <- paste0("lavaan ", packageDescription("lavaan")$Version)
found <- rbind(run(), run(baseline = FALSE))
write.csv(data.frame(job = c(label, paste0(label, ", no baseline")), found), file.path(folder, "timings.csv"), row.names = FALSE)
