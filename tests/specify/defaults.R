# What lavaan's sem() adds to a spec: fills the last column of defaults.csv, whose other columns are written by hand.
# Run at the top of the repository: Rscript tests/specify/defaults.R
suppressMessages(library(lavaan))

file <- "tests/specify/defaults.csv"
cases <- read.csv(file, comment.char = "#", colClasses = "character")

rows <- function(spec, options) {
  table <- lavaanify(
    gsub("; ", "\n", spec, fixed = TRUE),
    meanstructure = grepl("means", options), fixed.x = !grepl("random_x", options), std.lv = grepl("std_lv", options),
    int.ov.free = TRUE, int.lv.free = FALSE, auto.fix.first = !grepl("std_lv", options), auto.fix.single = TRUE,
    auto.var = TRUE, auto.cov.lv.x = TRUE, auto.cov.y = TRUE
  )
  table <- table[table$op != "==", ]
  value <- ifelse(table$free > 0, "free", ifelse(table$exo == 1, "sample", vapply(table$ustart, format, "")))
  paste(paste0(table$lhs, table$op, table$rhs, "@", value), collapse = " ")
}

cases$rows <- mapply(rows, cases$spec, cases$options)
writeLines(sprintf("# %s, lavaan %s", R.version.string, packageVersion("lavaan")), file)
suppressWarnings(write.table(cases, file, append = TRUE, sep = ",", row.names = FALSE, qmethod = "double"))
