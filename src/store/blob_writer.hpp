#pragma once
// Blobs that several threads make, into the store's one connection.

#include "store/database.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace mailfunnel {

/// Writes them as they come, by whichever thread finds nobody at it: none waits for another.
class BlobWriter {
public:
  using Blobs = std::vector<std::pair<std::int64_t, std::string>>; // by key

  /// `put`: INSERT of a key ?1 and a blob ?2.
  explicit BlobWriter(Statement put) : m_put(std::move(put)) {}

  void put(std::int64_t key, std::string blob) {
    {
      const std::lock_guard lock(m_mutex);
      m_waiting.emplace_back(key, std::move(blob));
    }
    write_unless_busy();
  }
  /// Several, which stay together.
  void put(Blobs blobs) {
    {
      const std::lock_guard lock(m_mutex);
      std::move(blobs.begin(), blobs.end(), std::back_inserter(m_waiting));
    }
    write_unless_busy();
  }
  /// Something else, with the connection to itself; blobs wait till it is done.
  template<typename Write> void write_beside(Write write) {
    const std::unique_lock writing(m_writing);
    write();
    write_waiting();
  }
  /// When all threads are through. Was there anything?
  bool finish() {
    write_waiting();
    return m_any;
  }

private:
  void write_unless_busy() {
    if (const std::unique_lock writing(m_writing, std::try_to_lock); writing) {
      write_waiting();
    }
  }
  void write_waiting() {
    if (m_failed) {
      return; // who met it has thrown it; the other threads end with what they are at
    }
    Blobs blobs;
    {
      const std::lock_guard lock(m_mutex);
      blobs.swap(m_waiting);
    }
    m_failed = true; // unless all of it goes well
    for (const auto& [key, blob] : blobs) {
      m_put.bind(key, Blob{blob}).run();
      m_any = true;
    }
    m_failed = false;
  }

  std::mutex m_writing; // of what follows
  Statement m_put;
  bool m_any = false, m_failed = false;
  std::mutex m_mutex; // of what follows
  Blobs m_waiting;
};

} // namespace mailfunnel
