#pragma once
// What a page's handler gets and how it answers. As with the API (web/api_context.hpp) it throws
// Failure for what is wrong, which is shown as a page of its own.
//
// Every page can be read without a script: links, forms with GET, and a form with POST for what
// changes something. Where the script asks for a part of a page again (static/app.js), the same
// address answers with that part alone.

#include "web/api_context.hpp"
#include "web/pages/handles.hpp"
#include "web/pages/template.hpp"
#include "web/pages/words.hpp"

#include <any>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailfunnel {

class PageCache;

/// Fields of a form, in its order.
using Form = std::vector<std::pair<std::string, std::string>>;

/// Names and values of a query; those without a value are left out of it.
using Parameters = std::vector<std::pair<std::string, std::string>>;

struct PageContext : ApiContext {
  const Words& t;
  std::string base;       // "" or "/w/NAME": before every path
  std::string path;       // of the page, behind `base`: "/campaigns"
  std::string query_text; // as it came, without ?
  std::string csrf;
  Form form;         // of a POST
  bool part = false; // the script asks for a part of the page
  PageCache& cache;
  const Handles& handles;

  /// The first field of that name; "" where there is none.
  std::string field(std::string_view name) const;
  bool may(Role least) const {
    return caller.role >= least && (least <= Role::reviewer || !caller.read_only);
  }
  /// As this caller may see it.
  std::string shown(std::string_view address) const;
  /// The page of a person: "/w/NAME/recipients/ann%40example.com", or with a handle instead.
  std::string link_to_person(std::string_view address) const;
  std::string path_of_person(std::string_view address) const; // behind `base`
  /// A place in a list of people, as a link may have it; with_place() reads it.
  std::string place_for_link(const std::string& place) const;
  /// The address that the path names, in the first of its places. Failure (not_found): it is no
  /// handle, and the caller may name nobody by address.
  std::string person() const;
  /// "/w/NAME/campaigns?x=1"
  std::string link(std::string_view path, const Parameters& parameters = {}) const;
};

/// The context with `after` of the query as it was before place_for_link().
PageContext with_place(const PageContext& context);

/// What is dear to make and holds until the store or the rules change: kept for the next caller.
class PageCache {
public:
  static constexpr std::size_t k_most = 64; // then all of it goes
  std::optional<std::string> find(const std::string& key);
  void keep(const std::string& key, std::string value);
  /// Nothing: it is not kept, or is of another type.
  template<typename T> std::shared_ptr<const T> find_value(const std::string& key) {
    const std::lock_guard lock(m_mutex);
    const auto found = m_values.find(key);
    const auto* value =
        found == m_values.end() ? nullptr : std::any_cast<std::shared_ptr<const T>>(&found->second);
    return value == nullptr ? nullptr : *value;
  }
  template<typename T> void keep_value(const std::string& key, std::shared_ptr<const T> value) {
    keep_any(key, std::move(value));
  }

private:
  void keep_any(const std::string& key, std::any value);
  std::mutex m_mutex;
  std::map<std::string, std::any> m_values;
};

/// The whole page: the template within the frame. `title`: in the window's title and above the
/// page.
HttpResponse show_page(const PageContext& context, std::string_view name, View view,
                       const std::string& title, int status = 200);
/// The template alone, for a part of a page.
HttpResponse show_part(const PageContext& context, std::string_view name, const View& view);
/// The template alone where the script asks, else a page of its own.
HttpResponse show_part_or_page(const PageContext& context, std::string_view name, const View& view,
                               const std::string& title);
/// What may begin a word of a segment's expression, as a JSON list within HTML.
std::string names_json(const PageContext& context);
/// A task is begun in the caller's name; the answer is its page.
HttpResponse begin_task(const PageContext& context, std::string kind,
                        std::vector<std::string> arguments);
/// The place in a list that is made whole each time: `after` of the query, 0 at first.
std::size_t place_in_list(const PageContext& context);
/// After a POST: look there.
HttpResponse see_other(const PageContext& context, const std::string& path,
                       const Parameters& parameters = {});
/// A file to keep.
HttpResponse file_response(std::string_view type, std::string_view name, std::string body);

} // namespace mailfunnel
