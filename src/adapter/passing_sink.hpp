#pragma once
// A sink in front of another one, for records that an API gives again at every sync though they
// can't be used (an open of nobody): those that would be rejected for one reason are skipped, and
// only that there were any is known.

#include "adapter/adapter.hpp"

namespace mailfunnel {

class PassingSink : public RecordSink {
public:
  /// Both must outlive it.
  PassingSink(RecordSink& to, std::string_view reason) : m_to(to), m_reason(reason) {}
  Wants wants() const override { return m_to.wants(); }
  void accept(const EventView& event) override { m_to.accept(event); }
  void accept(const RecipientView& recipient) override { m_to.accept(recipient); }
  void accept(const Campaign& campaign, std::string_view record) override {
    m_to.accept(campaign, record);
  }
  void reject(std::string_view why, std::string_view record) override {
    if (why == m_reason) {
      ++m_held;
      m_to.skip(record);
    } else {
      m_to.reject(why, record);
    }
  }
  void skip(std::string_view record) override { m_to.skip(record); }

  /// How many were skipped for that reason.
  std::size_t held() const { return m_held; }

private:
  RecordSink& m_to;
  std::string_view m_reason;
  std::size_t m_held = 0;
};

} // namespace mailfunnel
