#pragma once
// The links of an HTML mail body, in order, with what a reader sees of them. Built on libxml2's SAX
// push parser: linear on hostile input, any depth of nesting.

#include <string>
#include <string_view>
#include <vector>

namespace mailfunnel {

struct HtmlLink {
  std::string url;
  std::string
      text; // visible text, white space folded; where there is none, the alt text of images in it
  std::string title; // title attribute
  std::string stage; // of data-stage="…", stage="…", or a comment <!-- stage: bofu --> before it
  bool footer = false; // in <footer>, or an element whose id or class says footer, or after an
                       // unsubscribe link
};

std::vector<HtmlLink> html_links(std::string_view html);

} // namespace mailfunnel
