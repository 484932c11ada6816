#include "app/config.hpp"

namespace mailfunnel {

std::string_view starter_config() {
  static constexpr std::string_view k_text =
      R"toml(# mailfunnel.toml: one organisation. Lines with a # in front show what else there is.
# `mailfunnel check` tells what is wrong, with line and column.

[store]
path = "mailfunnel.db"

# Where your mail is sent from. `mailfunnel adapters` lists what can be read.
# [[account]]
# name = "newsletter"
# esp  = "…"                           # one that `mailfunnel adapters` lists
# zone = "Europe/Brussels"             # of times that the files give without a zone
# api_key = { env = "ESP_API_KEY" }    # for `mailfunnel sync` and `push`; also { file = "…" }; docs/sync.md
# list = "…"                           # the audience or list there

# [audience]                           # still counted in mailings, never in a mailing or sales segment
# exclude = 'domain = "ownfirm.be" or attribute("lifecyclestage") = "customer"'

# A link gets the stage of the first rule that matches; then the built-in evidence speaks (`mailfunnel links`).
# [[stage]]
# stage = "BOFU"
# url   = "*/offerte*"                 # also: host, text, utm_content, regex, campaign

[tagging]
builtin  = true                        # words in English, Dutch, French and German
untagged = "TOFU"                      # marked "assumed"; or "none"

[scoring]
profile = "standard"                   # points fade and have caps; "seed": plain sums, to begin simply
click = { TOFU = 2, MOFU = 4, BOFU = 20 }
# open = 1                             # points for an open by a person, once a mailing
# implied_open = true                  # a click gives them too
# half_life = "90d"                    # after it points are worth half; or "off"
# caps = { TOFU = 10, MOFU = 20, BOFU = 60, opens = 10, pages = 10, actions = 40, non_opens = -10 }
# non_open = -1                        # a mail that was measurably not opened
# non_open_after = "7d"
# measurable = "fair"                  # or "simple": every mail without an open of any sort and without a click
# unsubscribe = -20                    # once, until a proven resubscribe
# complaint = -50
# page = 1
# download = 8
# webinar = 10
# form = 10
# contact_form = 20                    # a form behind a BOFU link
# signup = 5
# repeat = "once-per-link"             # or "once-per-mailing", "every"

# [robots]                             # clicks faster than people click
# timing = true
# weights = { all_links = 100, three_links = 90, same_second = 70 }
# honeypot_links = ["*/do-not-follow/*"]   # in the mail, and no person sees them
# filter_networks = ["198.51.100.0/24"]    # of mail filters; looked at when activity comes in

# How well somebody fits. Within a group the first rule that matches counts; groups add up.
# [[fit]]
# name = "decides"
# group = "title"
# attribute = "job_title"
# words  = ["director", "ceo", "zaakvoerder", "gérant", "Geschäftsführer"]
# points = 12
# [[fit]]
# name = "student"
# group = "title"
# attribute = "job_title"
# words  = ["student", "étudiant"]
# points = -50
# [[fit]]
# name = "medium-sized"
# group = "size"
# attribute = "employees"
# min = 50
# max = 249
# points = 8

[levels]
engagement = [22, 10]                  # 1 above 22, 2 from 10 to 22, 3 below; `score --suggest-levels 0.5%` finds others
fit = [20, 5]                          # A from 20, B from 5, C below

[status]
model = "matrix"                       # or "scale": <20 prospect, 20..80 MQL, >80 SQL; or "rules"
matrix = { A1 = "SQL", B1 = "SQL", C1 = "MQL", A2 = "MQL", B2 = "MQL", C2 = "MQL", A3 = "MQL", B3 = "soft", C3 = "soft" }

[[status.override]]                    # before the matrix, in order
name = "hand-raiser"
when = "(form(kind = contact, within 30d) or replied(within 30d)) and fit >= 0"
status = "SQL"

[[segment]]
name  = "sales-calls"
use   = "sales"
where = "status = SQL"
columns = ["email", "score", "grade", "last_click", "reasons"]

# The next mailing by phase: content one step deeper than what somebody clicked on in the last 90 days.
# Of a mailing segment nobody who is suppressed is ever part. With a line such as
#   push = [{ account = "newsletter", as = "tag" }]
# `mailfunnel push` makes it a tag at the platform (docs/push.md).
[[segment]]
name  = "next-mailing-tofu"            # nothing clicked: the top of the funnel again
where = "phase = NONE and silent_days < 90"
[[segment]]
name  = "next-mailing-mofu"            # they read the top: next comes the middle
where = "phase = TOFU"
[[segment]]
name  = "next-mailing-bofu"            # they compared: next comes the offer
where = "phase = MOFU"
[[segment]]
name  = "offer-again"                  # they looked at the offer, and sales does not call them
where = "phase = BOFU and status != SQL"

# Silence: for so long no open or click by a person, nor anything else.
[[segment]]
name  = "send-less"
where = "silent_days >= 90 and silent_days < 180 and silent_mails >= 3"
[[segment]]
name  = "win-back"
where = "silent_days >= 180 and silent_days < 270 and silent_mails >= 6"
[[segment]]
name  = "propose-to-suppress"          # a proposal for somebody to look at; nothing is done by itself
use   = "suppression"
where = "silent_days >= 270 and silent_mails >= 10 and not suppressed"

# [report]
# locale = "nl-BE"                     # CSV for people: semicolon, BOM, decimal comma
)toml";
  return k_text;
}

} // namespace mailfunnel
