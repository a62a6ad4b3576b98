# Times lavaan on the files that `python -m benchmarks` wrote: Rscript lavaan.R FOLDER RUNS_ML RUNS_MLR RUNS_WLSMV
# RUNS_FIML DRAWS. Writes timings.csv (job, wall, cpu, chisq: one line a run) and versions.csv to FOLDER.

suppressPackageStartupMessages(library(lavaan))

told <- commandArgs(trailingOnly = TRUE)
folder <- told[1]
runs <- as.integer(told[2:5])
draws <- as.integer(told[6])

spec <- paste(readLines(file.path(folder, "spec.txt")), collapse = "\n")
five <- read.csv(file.path(folder, "five.csv"))
holes <- read.csv(file.path(folder, "holes.csv"))

jobs <- list(
  ML = function() sem(spec, five, estimator = "ML"),
  MLR = function() sem(spec, five, estimator = "MLR"),
  WLSMV = function() sem(spec, five, estimator = "WLSMV", ordered = TRUE),
  FIML = function() sem(spec, holes, estimator = "ML", missing = "fiml")
)

line <- function(job, taken, chisq = NA) {
  cpu <- taken[["user.self"]] + taken[["sys.self"]]
  message(sprintf("lavaan %s: %.3f s", job, cpu))
  data.frame(job, wall = taken[["elapsed"]], cpu, chisq)
}

# Two lines a run: the fit (estimates, standard errors, test), and that with all indices.
timed <- function(name) {
  fitting <- system.time(found <- jobs[[name]]())
  measuring <- system.time(measures <- fitMeasures(found))
  shown <- measures[[if ("chisq.scaled" %in% names(measures)) "chisq.scaled" else "chisq"]]
  rbind(line(paste(name, "fit"), fitting, shown), line(name, fitting + measuring, shown))
}

lines <- list()
invisible(fitMeasures(jobs$ML()))  # R compiles on first use
for (i in seq_along(jobs)) {
  for (run in seq_len(runs[i])) lines[[length(lines) + 1]] <- timed(names(jobs)[i])
}
found <- jobs$ML()
set.seed(1)
lines[[length(lines) + 1]] <- line("bootstrap", system.time(bootstrapLavaan(found, R = draws)))
default <- sem(paste(readLines(file.path(folder, "mkb21.txt")), collapse = "\n"), read.csv(file.path(folder, "mkb21.csv")))
set.seed(1)
taken <- system.time(bootstrapLavaan(default, R = draws))
lines[[length(lines) + 1]] <- line("bca", taken, fitMeasures(default, "chisq"))

write.csv(do.call(rbind, lines), file.path(folder, "timings.csv"), row.names = FALSE)
versions <- c(R = paste(R.version$major, R.version$minor, sep = "."), lavaan = packageDescription("lavaan")$Version)
write.csv(data.frame(program = names(versions), version = versions), file.path(folder, "versions.csv"), row.names = FALSE)
