# lavaan's invariance ladders, timed once a rung: Rscript wave_speed.R FOLDER (with answers.csv and spec.txt).

suppressMessages({
  library(lavaan)
  library(semTools)
})
folder <- commandArgs(TRUE)[1]
table <- read.csv(file.path(folder, "answers.csv"))
model <- paste(readLines(file.path(folder, "spec.txt")), collapse = "\n")
items <- setdiff(names(table), "wave")
ladders <- list(
  ordinal = list(character(), "thresholds", c("thresholds", "loadings"), c("thresholds", "loadings", "intercepts"),
                 c("thresholds", "loadings", "intercepts", "residuals")),
  continuous = list(character(), "loadings", c("loadings", "intercepts"), c("loadings", "intercepts", "residuals"))
)
versions <- sprintf("R %s, lavaan %s, semTools %s", getRversion(), packageVersion("lavaan"), packageVersion("semTools"))
rows <- list()
for (name in names(ladders)) {
  below <- NULL
  for (equal in ladders[[name]]) {
    extra <- if (name == "ordinal") list(ordered = items, parameterization = "theta", ID.cat = "Wu.Estabrook.2016")
    syntax <- as.character(suppressWarnings(do.call("measEq.syntax", c(list(
      configural.model = model, data = table, group = "wave", ID.fac = "std.lv", group.equal = equal,
      meanstructure = TRUE
    ), extra))))
    options <- list(model = syntax, data = table, group = "wave")
    options <- c(options, if (name == "ordinal") {
      list(ordered = items, parameterization = "theta", estimator = "WLSMV")
    } else {
      list(estimator = "MLR")
    })
    spent <- system.time({
      found <- do.call("cfa", options)
      chisq <- fitMeasures(found)["chisq.scaled"]
      if (!is.null(below)) suppressWarnings(lavTestLRT(below, found))
    })
    below <- found
    rows[[length(rows) + 1]] <- data.frame(
      ladder = name, rung = paste(equal, collapse = " "), wall = spent[["elapsed"]],
      cpu = spent[["user.self"]] + spent[["sys.self"]], chisq = chisq, versions = versions
    )
  }
}
write.csv(do.call(rbind, rows), file.path(folder, "timings.csv"), row.names = FALSE)
