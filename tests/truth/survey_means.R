# Writes survey_api.csv and survey_means.csv, with R 4.2.2 and package survey 4.1-1 (Debian r-cran-survey):
#   Rscript survey_means.R
# The api data (schools of California with their Academic Performance Index, California Department of Education)
# are shipped with the package: T. Lumley, Journal of Statistical Software 9 (2004) 8; Complex Surveys, Wiley 2010.
suppressMessages(library(survey))
data(api)
apistrat$county <- as.integer(factor(apistrat$cname))
kept <- function(name, d, cluster) {
  data.frame(sample = name, stype = d$stype, cluster = cluster, pw = format(d$pw, digits = 17), enroll = d$enroll,
             api00 = d$api00, sch.wide = d$sch.wide, awards = d$awards)
}
write.csv(rbind(kept("srs", apisrs, 0), kept("strat", apistrat, apistrat$county), kept("clus1", apiclus1, apiclus1$dnum)),
          "survey_api.csv", row.names = FALSE, quote = FALSE)

schools <- c(E = 4421, H = 755, M = 1018)  # 6,194 in all
apiclus1$even <- 6194 / 183
apiclus1$asked <- 183 / 6194
lonely <- apistrat[apistrat$stype != "H" | seq_len(nrow(apistrat)) == which(apistrat$stype == "H")[1], ]
options(survey.lonely.psu = "adjust")
filled <- svydesign(id = ~1, strata = ~stype, weights = ~enroll, data = apistrat, fpc = ~fpc)
designs <- list(
  srs = svydesign(id = ~1, data = apisrs, fpc = ~fpc),
  srs.open = svydesign(id = ~1, weights = ~pw, data = apisrs),
  srs.enroll = svydesign(id = ~1, weights = ~enroll, data = apisrs),
  strat = svydesign(id = ~1, strata = ~stype, data = apistrat, fpc = ~fpc),
  strat.open = svydesign(id = ~1, strata = ~stype, weights = ~pw, data = apistrat),
  strat.enroll = svydesign(id = ~1, strata = ~stype, weights = ~enroll, data = apistrat),
  strat.post = postStratify(filled, ~stype, data.frame(stype = names(schools), Freq = schools)),
  strat.lonely = svydesign(id = ~1, strata = ~stype, weights = ~pw, data = lonely),
  clus1 = svydesign(id = ~dnum, weights = ~even, data = apiclus1, fpc = ~fpc),
  clus1.open = svydesign(id = ~dnum, weights = ~pw, data = apiclus1),
  clus1.people = svydesign(id = ~dnum, weights = ~even, data = apiclus1, fpc = ~asked),
  strat.county = svydesign(id = ~county, strata = ~stype, weights = ~enroll, nest = TRUE, data = apistrat)
)
open <- c("srs.open", "srs.enroll", "strat.open", "strat.enroll", "strat.lonely", "clus1.open", "strat.county")
lines <- "design,variable,mean,se,deff"
for (name in names(designs)) for (v in c("api00", "sch.wide", "awards")) {
  f <- if (v == "api00") ~api00 else as.formula(paste0("~as.numeric(", v, " == 'Yes')"))
  m <- svymean(f, designs[[name]], deff = if (name %in% open) "replace" else TRUE)
  lines <- c(lines, paste(name, v, paste(format(c(coef(m), SE(m), deff(m)), digits = 17), collapse = ","), sep = ","))
}
writeLines(gsub(" ", "", lines), "survey_means.csv")
