#include "web/pages/page.hpp"

#include "app/tasks.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "base/uri.hpp"
#include "store/catalog.hpp"
#include "web/pages/assets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace mailfunnel {

namespace {

struct Entry {
  std::string_view path, word;
  Role least;
};
// The menu.
constexpr Entry k_menu[] = {
    {"/", "overview", Role::reviewer},
    {"/campaigns", "campaigns", Role::reviewer},
    {"/recipients", "recipients", Role::reviewer},
    {"/rules", "rules", Role::reviewer},
    {"/segments", "segments", Role::sales},
    {"/plans", "plans", Role::reviewer},
    {"/tasks", "tasks", Role::reviewer},
};

constexpr std::size_t k_most_names = 300;

bool is_within(std::string_view path, std::string_view entry) {
  // Behind a list of another name.
  path = path.starts_with("/pushes/") ? "/plans" : path.starts_with("/links") ? "/campaigns" : path;
  return entry == "/" ? path == "/"
                      : path == entry || (path.starts_with(entry) && path[entry.size()] == '/');
}

} // namespace

std::string PageContext::field(std::string_view name) const {
  const auto found =
      std::find_if(form.begin(), form.end(), [name](const auto& one) { return one.first == name; });
  return found == form.end() ? std::string() : found->second;
}

std::string PageContext::shown(std::string_view address) const {
  return masks() ? masked_address(address) : std::string(address);
}

std::string PageContext::path_of_person(std::string_view address) const {
  return "/recipients/" + (masks() ? handles.seal(address) : percent_encode(address));
}

std::string PageContext::link_to_person(std::string_view address) const {
  return base + path_of_person(address);
}

std::string PageContext::place_for_link(const std::string& place) const {
  return masks() ? handles.seal(place) : place; // there is an address in it
}

PageContext with_place(const PageContext& context) {
  auto out = context;
  if (const auto after = out.query.find("after"); after != out.query.end() && out.masks()) {
    after->second = out.handles.open(after->second).value_or("");
  }
  return out;
}

std::string PageContext::person() const {
  const auto& named = places.at(0);
  if (auto address = handles.open(named)) {
    return *std::move(address);
  }
  if (masks()) {
    not_found(t["no_handle"]);
  }
  return named;
}

std::string PageContext::link(std::string_view to, const Parameters& parameters) const {
  auto out = base;
  out += to;
  char mark = '?';
  for (const auto& [name, value] : parameters) {
    if (!value.empty()) {
      out += mark;
      out += percent_encode(name) + "=" + percent_encode(value);
      mark = '&';
    }
  }
  return out;
}

std::optional<std::string> PageCache::find(const std::string& key) {
  const auto found = find_value<std::string>(key);
  return found == nullptr ? std::nullopt : std::optional(*found);
}

void PageCache::keep(const std::string& key, std::string value) {
  keep_value(key, std::make_shared<const std::string>(std::move(value)));
}

void PageCache::keep_any(const std::string& key, std::any value) {
  const std::lock_guard lock(m_mutex);
  if (m_values.size() >= k_most) {
    m_values.clear();
  }
  m_values[key] = std::move(value);
}

HttpResponse show_page(const PageContext& context, std::string_view name, View view,
                       const std::string& title, int status) {
  view.set("base", context.base);
  view.set("csrf", context.csrf);
  view.set("title", title);
  View frame;
  frame.set("content", render(name, view, context.t));
  frame.set("title", title);
  frame.set("base", context.base);
  frame.set("csrf", context.csrf);
  frame.set("lang", std::string(code_of(context.t.language())));
  frame.set("css", static_path("app.css"));
  frame.set("js", static_path("app.js"));
  frame.set("icon", static_path("icon.svg"));
  auto workspace = context.base;
  frame.set("workspace", workspace.substr(workspace.rfind('/') + 1));
  frame.set("user", context.caller.name);
  frame.set("role", std::string(name_of(context.caller.role)));
  auto menu = list_of();
  for (const auto& entry : k_menu) {
    if (context.may(entry.least) && !context.caller.name.empty()) {
      View item;
      item.set("href", context.base + std::string(entry.path));
      item.set("name", context.t[entry.word]);
      item.set("here", is_within(context.path, entry.path));
      menu << item;
    }
  }
  frame.set("menu", menu);
  auto languages = list_of();
  for (std::size_t i = 0; i < k_languages; ++i) {
    const auto language = static_cast<Language>(i);
    View item;
    item.set("code", std::string(code_of(language)));
    item.set("here", language == context.t.language());
    languages << item;
  }
  frame.set("languages", languages);
  frame.set("here", context.base + context.path +
                        (context.query_text.empty() ? "" : "?" + context.query_text));
  HttpResponse out;
  out.status = status;
  out.headers.emplace_back("Content-Type", "text/html; charset=utf-8");
  out.body = render("frame", frame, context.t);
  return out;
}

HttpResponse show_part(const PageContext& context, std::string_view name, const View& view) {
  auto filled = view;
  filled.set("base", context.base);
  filled.set("csrf", context.csrf);
  HttpResponse out;
  out.status = 200;
  out.headers.emplace_back("Content-Type", "text/html; charset=utf-8");
  out.body = render(name, filled, context.t);
  return out;
}

HttpResponse show_part_or_page(const PageContext& context, std::string_view name, const View& view,
                               const std::string& title) {
  if (context.part) {
    return show_part(context, name, view);
  }
  auto filled = view;
  filled.set("base", context.base);
  filled.set("csrf", context.csrf);
  View page;
  page.set("heading", title);
  page.set("html", render(name, filled, context.t));
  return show_page(context, "bare", page, title);
}

std::string names_json(const PageContext& context) {
  auto names = expression_names();
  for (const auto* word : {"and", "or", "not", "within 90d", "at least 2", "stage = BOFU",
                           "stage = MOFU", "stage = TOFU", "true"}) {
    names.emplace_back(word);
  }
  std::set<std::string> statuses;
  for (const auto& [cell, status] : context.workspace.config.rules.status.matrix) {
    statuses.insert(status);
  }
  for (const auto& status : statuses) {
    names.push_back("status = " + status);
  }
  auto store = context.reading();
  for (const auto& campaign : Catalog(store.database()).campaigns()) {
    if (names.size() == k_most_names) {
      break;
    }
    names.push_back(fmt::format("campaign = \"{}\"", campaign.campaign.id));
  }
  std::string out = "[";
  for (const auto& name : names) {
    out += (out.size() == 1 ? "" : ",") + json_text(name);
  }
  return replace_all(out, "<", "\\u003c") + "]"; // it stands within HTML
}

HttpResponse begin_task(const PageContext& context, std::string kind,
                        std::vector<std::string> arguments) {
  if (context.tasks == nullptr) {
    not_found("no tasks are taken here");
  }
  const auto id =
      value_of(context.tasks->start({std::move(kind), std::move(arguments), context.caller.name}));
  return see_other(context, fmt::format("/tasks/{}", id));
}

std::size_t place_in_list(const PageContext& context) {
  const auto place = context.number("after").value_or(0);
  if (place < 0) {
    bad_request("after: wants what the page before said");
  }
  return static_cast<std::size_t>(place);
}

HttpResponse see_other(const PageContext& context, const std::string& path,
                       const Parameters& parameters) {
  HttpResponse out;
  out.status = 303;
  out.headers.emplace_back("Location", context.link(path, parameters));
  return out;
}

HttpResponse file_response(std::string_view type, std::string_view name, std::string body) {
  HttpResponse out;
  out.status = 200;
  out.headers.emplace_back("Content-Type", std::string(type));
  out.headers.emplace_back("Content-Disposition",
                           "attachment; filename=\"" + std::string(name) + "\"");
  out.body = std::move(body);
  return out;
}

} // namespace mailfunnel
