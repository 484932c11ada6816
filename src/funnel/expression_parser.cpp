#include "base/text.hpp"
#include "funnel/expression.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mailfunnel {

namespace {

struct NamedField {
  std::string_view name;
  Field field;
};
constexpr std::array k_fields{
    NamedField{"score", Field::score},
    NamedField{"scale", Field::scale},
    NamedField{"level", Field::level},
    NamedField{"fit", Field::fit},
    NamedField{"grade", Field::grade},
    NamedField{"status", Field::status},
    NamedField{"phase", Field::phase},
    NamedField{"last_open", Field::last_open},
    NamedField{"last_click", Field::last_click},
    NamedField{"opens", Field::opens},
    NamedField{"non_opens", Field::non_opens},
    NamedField{"clicks_tofu", Field::clicks_tofu},
    NamedField{"clicks_mofu", Field::clicks_mofu},
    NamedField{"clicks_bofu", Field::clicks_bofu},
    NamedField{"mailings", Field::received},
    NamedField{"non_opens_in_a_row", Field::non_opens_in_a_row},
    NamedField{"silent_days", Field::silent_days},
    NamedField{"silent_mails", Field::silent_mails},
    NamedField{"suppressed", Field::suppressed},
    NamedField{"proxy_reader", Field::proxy_reader},
    NamedField{"email", Field::email},
    NamedField{"domain", Field::domain},
    NamedField{"attribute", Field::attribute},
    NamedField{"subscribed", Field::subscribed},
};

struct NamedEvent {
  std::string_view name;
  EventKind kind;
};
constexpr std::array k_events{
    NamedEvent{"received", EventKind::delivered},
    NamedEvent{"sent", EventKind::sent},
    NamedEvent{"opened", EventKind::open},
    NamedEvent{"clicked", EventKind::click},
    NamedEvent{"bounced", EventKind::bounce},
    NamedEvent{"unsubscribed", EventKind::unsubscribe},
    NamedEvent{"complained", EventKind::complaint},
    NamedEvent{"replied", EventKind::reply},
    NamedEvent{"visited", EventKind::page},
    NamedEvent{"downloaded", EventKind::download},
    NamedEvent{"form", EventKind::form},
    NamedEvent{"registered", EventKind::webinar},
    NamedEvent{"signed_up", EventKind::signup},
    NamedEvent{"converted", EventKind::conversion},
};

constexpr bool is_number(Field field) {
  return field <= Field::fit && field != Field::grade
             ? true
             : field >= Field::opens && field <= Field::silent_mails;
}
/// Can it be asked as it was some time ago?
constexpr bool has_past(Field field) {
  return is_number(field) || field == Field::grade || field == Field::status ||
         field == Field::phase;
}
constexpr bool is_moment(Field field) {
  return field == Field::last_open || field == Field::last_click;
}

enum class TokenType : std::uint8_t { end, word, number, text, symbol };
struct Token {
  TokenType type = TokenType::end;
  std::string text;
  std::size_t column = 0;
};

class Parser {
public:
  explicit Parser(std::string_view text) : m_text(text) {}

  ParsedExpression parse() {
    ParsedExpression parsed;
    try {
      tokenize();
      auto root = any();
      if (peek().type != TokenType::end) {
        fail(peek(),
             fmt::format("\"{}\" is too much here: `and` or `or` must stand between two conditions",
                         peek().text));
      }
      parsed.expression = std::make_shared<const Expression>(std::move(root));
    } catch (ExpressionError& error) {
      parsed.error = std::move(error);
    }
    return parsed;
  }

private:
  [[noreturn]] void fail(const Token& at, std::string message, std::string suggestion = {}) const {
    throw ExpressionError{std::move(message), at.column, std::move(suggestion)};
  }

  void tokenize() {
    for (std::size_t at = 0; at < m_text.size();) {
      const char c = m_text[at];
      if (is_space(c)) {
        ++at;
      } else if (c == '"' || c == '\'') {
        const auto end = m_text.find(c, at + 1);
        if (end == std::string_view::npos) {
          fail({TokenType::text, "", at}, "the text is never closed: a quote is missing");
        }
        m_tokens.push_back({TokenType::text, std::string(m_text.substr(at + 1, end - at - 1)), at});
        at = end + 1;
      } else if (is_alnum(c) || c == '_' ||
                 (c == '-' && at + 1 < m_text.size() && is_digit(m_text[at + 1]))) {
        auto end = at + 1;
        while (end < m_text.size() &&
               (is_alnum(m_text[end]) ||
                std::string_view("_-.:+").find(m_text[end]) != std::string_view::npos)) {
          ++end;
        }
        const auto word = m_text.substr(at, end - at);
        m_tokens.push_back(
            {is_digit(word[0]) || word[0] == '-' ? TokenType::number : TokenType::word,
             std::string(word), at});
        at = end;
      } else {
        const auto size = m_text.substr(at, 2) == "!=" || m_text.substr(at, 2) == "<=" ||
                                  m_text.substr(at, 2) == ">=" || m_text.substr(at, 2) == "=="
                              ? 2U
                              : 1U;
        if (std::string_view("()=<>!,").find(c) == std::string_view::npos) {
          fail({TokenType::symbol, "", at},
               fmt::format("\"{}\" means nothing here", printable(m_text.substr(at, 1))));
        }
        m_tokens.push_back({TokenType::symbol, std::string(m_text.substr(at, size)), at});
        at += size;
      }
    }
    m_tokens.push_back({TokenType::end, "", m_text.size()});
  }

  const Token& peek(std::size_t ahead = 0) const {
    return m_tokens[std::min(m_at + ahead, m_tokens.size() - 1)];
  }
  Token take() { return m_tokens[m_at < m_tokens.size() - 1 ? m_at++ : m_at]; }
  bool is(std::string_view word, std::size_t ahead = 0) const {
    return peek(ahead).type != TokenType::text && iequals(peek(ahead).text, word);
  }
  bool accept(std::string_view word) {
    if (is(word) && peek().type != TokenType::end) {
      take();
      return true;
    }
    return false;
  }
  void expect(std::string_view symbol, std::string_view after) {
    if (!accept(symbol)) {
      fail(peek(), fmt::format("\"{}\" is missing {}", symbol, after));
    }
  }

  Expression list(Expression::Type type, std::string_view word, Expression (Parser::*part)()) {
    auto first = (this->*part)();
    if (!is(word)) {
      return first;
    }
    Expression out;
    out.type = type;
    out.parts.push_back(std::move(first));
    while (accept(word)) {
      out.parts.push_back((this->*part)());
    }
    return out;
  }
  Expression any() { return list(Expression::Type::any, "or", &Parser::all); }
  Expression all() { return list(Expression::Type::all, "and", &Parser::negated); }

  Expression negated() {
    if (++m_depth > 200) {
      fail(peek(), "too deeply nested");
    }
    Expression out;
    if (accept("not")) {
      out.type = Expression::Type::negation;
      out.parts.push_back(negated());
    } else {
      out = primary();
    }
    --m_depth;
    return out;
  }

  Expression primary() {
    if (accept("(")) {
      auto inner = any();
      expect(")", "to close the parenthesis");
      return inner;
    }
    const auto name = take();
    if (name.type != TokenType::word) {
      fail(name, name.type == TokenType::end
                     ? "a condition is missing at the end"
                     : fmt::format("a field or event should stand here, not \"{}\"", name.text));
    }
    if (iequals(name.text, "true") || iequals(name.text, "all")) {
      return {};
    }
    for (const auto& event : k_events) {
      if (iequals(name.text, event.name)) {
        return event_call(event.kind);
      }
    }
    for (const auto& field : k_fields) {
      if (iequals(name.text, field.name)) {
        return comparison(name, field.field);
      }
    }
    const auto near = nearest(name.text, expression_names());
    fail(name, fmt::format("no field or event is called \"{}\"", name.text),
         near ? fmt::format("did you mean `{}`?", *near) : std::string());
  }

  Expression comparison(const Token& name, Field field) {
    Expression out;
    out.type = Expression::Type::compare;
    out.field = field;
    if (field == Field::attribute || field == Field::subscribed) {
      if (field == Field::attribute || is("(")) {
        expect("(", fmt::format("after `{}`", name.text));
        if (!is(")")) {
          out.name = take().text;
        }
        expect(")", fmt::format("to close `{}(…`", name.text));
      }
    }
    if (field == Field::suppressed || field == Field::subscribed || field == Field::proxy_reader) {
      return out;
    }
    if (is_moment(field)) {
      return moment(name, std::move(out));
    }
    const auto was = peek();
    const bool past = accept("was");
    if (!past || (peek().type == TokenType::symbol && !is("(")) || is("in")) {
      read_operator(out); // "was SQL" is "was = SQL"
    }
    read_values(name, out);
    if (past || is("ago", 1)) {
      read_ago(was, name, out);
    }
    return out;
  }

  void read_ago(const Token& was, const Token& name, Expression& out) {
    if (!has_past(out.field)) {
      fail(was, fmt::format("what `{}` was some time ago can't be asked", name.text));
    }
    if (!is("ago", 1)) {
      fail(was,
           fmt::format("`was` wants a time: `{} was {} 30d ago`", name.text, out.values.front()));
    }
    out.ago = duration("ago");
    take();
  }

  Expression moment(const Token& name, Expression out) {
    if (accept("within")) {
      out.age = duration("within");
      out.op = Compare::less;
      return out;
    }
    const bool before = is("before");
    if (!before && !is("after")) {
      fail(peek(),
           fmt::format("`{}` wants `within 90d`, `before DATE` or `after DATE`", name.text));
    }
    take();
    out.moment = date();
    out.op = before ? Compare::less : Compare::greater_equal;
    return out;
  }

  void read_operator(Expression& out) {
    constexpr std::pair<std::string_view, Compare> k_operators[] = {
        {"=", Compare::equal},           {"==", Compare::equal},
        {"!=", Compare::unequal},        {"<", Compare::less},
        {"<=", Compare::less_equal},     {">", Compare::greater},
        {">=", Compare::greater_equal},  {"in", Compare::in},
        {"contains", Compare::contains}, {"like", Compare::like}};
    for (const auto& [word, op] : k_operators) {
      if (is(word)) {
        take();
        out.op = op;
        return;
      }
    }
    fail(peek(), "a comparison should stand here: = != < <= > >= in contains like");
  }

  void read_values(const Token& name, Expression& out) {
    const auto read_one = [&] {
      const auto value = take();
      if (value.type == TokenType::end || value.type == TokenType::symbol) {
        fail(value, fmt::format("a value is missing for `{}`", name.text));
      }
      if (is_number(out.field)) {
        const auto number = parse_double(value.text);
        if (!number) {
          fail(value, fmt::format("`{}` is a number, \"{}\" is none", name.text, value.text));
        }
        out.numbers.push_back(static_cast<Points>(*number * 1000 + (*number < 0 ? -0.5 : 0.5)));
      }
      if (out.field == Field::phase && !parse_stage(value.text)) {
        fail(value, fmt::format("\"{}\" is no phase: TOFU, MOFU, BOFU or NONE", value.text));
      }
      out.values.push_back(value.text);
      if (out.field == Field::grade) { // letters are compared in order
        std::transform(out.values.back().begin(), out.values.back().end(),
                       out.values.back().begin(),
                       [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
      }
    };
    if (out.op != Compare::in) {
      read_one();
      return;
    }
    expect("(", "after `in`");
    do {
      read_one();
    } while (accept(","));
    expect(")", "to close the list");
  }

  Seconds duration(std::string_view after) {
    const auto token = take();
    const auto value = parse_duration(token.text);
    if (!value) {
      fail(token, fmt::format("`{}` wants a time such as 90d, 24h or 13mo", after));
    }
    return *value;
  }

  Seconds date() {
    const auto token = take();
    const auto value = parse_time(token.text);
    if (!value) {
      fail(token, fmt::format("\"{}\" is no date such as 2026-03-01", token.text));
    }
    return value->seconds;
  }

  Expression event_call(EventKind kind) {
    Expression out;
    out.type = Expression::Type::event;
    out.query.kinds = {kind};
    if (!accept("(")) {
      return out;
    }
    while (!accept(")")) {
      argument(out.query);
      if (!is(")")) {
        accept(",");
      }
    }
    return out;
  }

  std::string argument_text(const Token& name) {
    expect("=", fmt::format("after `{}`", name.text));
    const auto value = take();
    if (value.type == TokenType::end || value.type == TokenType::symbol) {
      fail(value, fmt::format("a value is missing for `{}`", name.text));
    }
    return value.text;
  }

  Verdict who(const Token& name) {
    constexpr std::pair<std::string_view, Verdict> k_who[] = {{"person", Verdict::human},
                                                              {"unknown", Verdict::unknown},
                                                              {"proxy", Verdict::proxy},
                                                              {"machine", Verdict::machine}};
    const auto at = peek(1);
    const auto text = argument_text(name);
    for (const auto& [word, verdict] : k_who) {
      if (iequals(text, word)) {
        return verdict;
      }
    }
    fail(at, fmt::format("\"{}\" is nobody: person, unknown, proxy or machine", at.text));
  }

  void argument(EventQuery& query) {
    const auto name = take();
    const auto called = [&](std::string_view word) { return iequals(name.text, word); };
    if (name.type == TokenType::end) {
      fail(name, "\")\" is missing at the end");
    }
    if (called("within")) {
      query.within = duration("within");
    } else if (called("after")) {
      query.after = date();
    } else if (called("before")) {
      query.before = date();
    } else if (called("at")) {
      expect("least", "after `at`");
      const auto number = take();
      const auto count = parse_int(number.text);
      if (!count || *count < 1 || *count > 1'000'000) {
        fail(number, "`at least` wants a number from 1 on");
      }
      query.at_least = static_cast<std::uint32_t>(*count);
    } else if (called("campaign")) {
      query.campaign = argument_text(name);
    } else if (called("link")) {
      query.link = argument_text(name);
    } else if (called("kind")) {
      query.form_kind = argument_text(name);
    } else if (called("by")) {
      query.by = who(name);
    } else if (called("stage")) {
      const auto value = peek(1);
      query.stage = parse_stage(argument_text(name));
      if (!query.stage) {
        fail(value, fmt::format("\"{}\" is no stage: TOFU, MOFU, BOFU or NONE", value.text));
      }
    } else if (const auto klass = bounce_class(lower(name.text));
               klass && query.kinds.front() == EventKind::bounce) {
      query.bounce = klass;
    } else {
      const auto near = nearest(name.text, {"campaign", "stage", "link", "within", "before",
                                            "after", "at least", "hard", "soft", "kind", "by"});
      fail(name, fmt::format("an event can't be asked for \"{}\"", name.text),
           near ? fmt::format("did you mean `{}`?", *near) : std::string());
    }
  }

  std::string_view m_text;
  std::vector<Token> m_tokens;
  std::size_t m_at = 0;
  int m_depth = 0;
};

} // namespace

std::string ExpressionError::text(std::string_view expression) const {
  const auto before = expression.substr(0, std::min(column, expression.size()));
  std::string out = message + (suggestion.empty() ? "" : "; " + suggestion) + "\n  ";
  out += replace_all(expression, "\n", " ");
  out += "\n  " + std::string(display_width(before), ' ') + "^";
  return out;
}

bool any_part(const Expression& expression, bool (*asks)(const Expression& part)) {
  return asks(expression) ||
         std::any_of(expression.parts.begin(), expression.parts.end(),
                     [asks](const Expression& part) { return any_part(part, asks); });
}

std::vector<std::string> expression_names() {
  std::vector<std::string> out;
  for (const auto& field : k_fields) {
    out.emplace_back(field.name);
  }
  for (const auto& event : k_events) {
    out.emplace_back(event.name);
  }
  return out;
}

ParsedExpression parse_expression(std::string_view text) {
  return Parser(text).parse();
}

} // namespace mailfunnel
