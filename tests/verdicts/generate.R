# Writes lavaan's tests of the arrows that models/mkb21.toml registers as zero: Rscript tests/verdicts/generate.R
# Answers and model are those of tests/lavaan/data and models/; one row a test.

suppressPackageStartupMessages(library(lavaan))

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
versions <- paste0(
  "# R ", R.version$major, ".", R.version$minor, ", lavaan ", packageDescription("lavaan")$Version
)
answers <- read.csv(file.path(here, "..", "lavaan", "data", "mkb21.csv"))
drawn <- readLines(file.path(here, "..", "..", "models", "mkb21.sem"))
toml <- readLines(file.path(here, "..", "..", "models", "mkb21.toml"))

# The paths of the [[zero]] blocks, "A -> B".
blocks <- which(toml == "[[zero]]")
paths <- sapply(blocks, function(at) sub('^path = "(.*)"$', "\\1", grep("^path = ", toml[at:length(toml)], value = TRUE)[1]))
arrows <- sapply(strsplit(paths, " -> "), function(ends) paste(ends[2], "~", ends[1]))

estimators <- c("ML", "MLR")
rows <- list()
add <- function(estimator, path, test, value, df) {
  rows[[length(rows) + 1]] <<- data.frame(
    estimator = estimator, path = path, test = test, value = format(value, digits = 17), df = df
  )
}

fitted <- function(lines, estimator) {
  sem(paste(lines, collapse = "\n"), answers, estimator = estimator)
}

for (estimator in estimators) {
  smaller <- fitted(drawn, estimator)
  for (i in seq_along(arrows)) {
    score <- lavTestScore(smaller, add = arrows[i])
    add(estimator, paths[i], "score", score$uni$X2, 1)
    larger <- fitted(c(drawn, sub("~ ", "~ w*", arrows[i])), estimator)
    wald <- lavTestWald(larger, "w == 0")
    add(estimator, paths[i], "wald", wald$stat, wald$df)
    std <- standardizedSolution(larger)
    ends <- strsplit(arrows[i], " ~ ")[[1]]
    own <- std[std$lhs == ends[1] & std$op == "~" & std$rhs == ends[2], ]
    add(estimator, paths[i], "std", own$est.std, NA)
    add(estimator, paths[i], "std_se", own$se, NA)
  }
  score <- lavTestScore(smaller, add = arrows)
  add(estimator, "all", "score", score$test$X2, score$test$df)
  labels <- paste0("w", seq_along(arrows))
  larger <- fitted(c(drawn, mapply(function(arrow, label) sub("~ ", paste0("~ ", label, "*"), arrow), arrows, labels)), estimator)
  wald <- lavTestWald(larger, paste(labels, "== 0", collapse = "\n"))
  add(estimator, "all", "wald", wald$stat, wald$df)
  if (estimator == "ML") {
    plain <- lavTestLRT(smaller, larger)
    add(estimator, "all", "difference", plain[["Chisq diff"]][2], plain[["Df diff"]][2])
  }
}

file <- file.path(here, "zeros.csv")
writeLines(versions, file)
suppressWarnings(write.table(do.call(rbind, rows), file, sep = ",", row.names = FALSE, quote = FALSE, append = TRUE))
