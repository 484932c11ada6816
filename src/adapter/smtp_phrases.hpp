#pragma once
// What servers say when they do not take a mail, and what it means: one row a phrase. For
// smtp_status.cpp alone.

#include "model/event.hpp"

#include <string_view>

namespace mailfunnel {

/// `words` are lower case. A space is any white space, and with it the code that a long answer
/// repeats on each line ("550-5.1.1 "); '*' is a run of up to 80 characters; '^' and '$' at the
/// ends: no letter or digit may stand there. They begin with two letters, digits or signs, none of
/// them ' ' or '*'.
struct SmtpPhrase {
  std::string_view words;
  BounceClass klass;
  BounceReason reason;
};

namespace smtp_phrases {

using enum BounceClass;
using Reason = BounceReason;

/// The first row that is found anywhere in the text wins, so the surest words stand first.
constexpr SmtpPhrase k_table[] = {
    // ---- codes of a provider's own, which say more than the words beside them
    SmtpPhrase{"aup#cdrbl", block, Reason::blocked_ip},  // Cox: Cloudmark's list
    SmtpPhrase{"aup#blk", block, Reason::blocked_ip},    // Cox
    SmtpPhrase{"aup#rbl", block, Reason::blocked_ip},    // Cox
    SmtpPhrase{"aup#in-13", soft, Reason::rate_limited}, // Spectrum: connections, rate
    SmtpPhrase{"aup#in-14", soft, Reason::rate_limited}, //
    SmtpPhrase{"aup#in-12", block, Reason::blocked_ip},  // lists of others
    SmtpPhrase{"aup#in-11", block, Reason::blocked_ip},  // reverse DNS
    SmtpPhrase{"aup#in-10", block, Reason::blocked_ip},
    SmtpPhrase{"aup#cxcnct", soft, Reason::rate_limited}, // Cox
    SmtpPhrase{"aup#cxmxrt", soft, Reason::rate_limited},
    SmtpPhrase{"aup#cxmj", soft, Reason::rate_limited},
    SmtpPhrase{"aup#cxbl", block, Reason::blocked_ip},
    SmtpPhrase{"aup#cxdns", block, Reason::blocked_ip},
    SmtpPhrase{"aup#ipbl", block, Reason::blocked_ip},
    SmtpPhrase{"ofr*_103$", block,
               Reason::blocked_ip}, // Orange, La Poste: the address of the server
    SmtpPhrase{"ofr*_510$", block, Reason::blocked_ip},
    SmtpPhrase{"ofr*_999$", block, Reason::blocked_ip},
    SmtpPhrase{"lpn*_103$", block, Reason::blocked_ip},
    SmtpPhrase{"lpn*_510$", block, Reason::blocked_ip},
    SmtpPhrase{"lpn*_104$", soft, Reason::rate_limited},
    SmtpPhrase{"lpn*_630$", block, Reason::policy},
    SmtpPhrase{"access denied, please try again later", block,
               Reason::blocked_ip}, // Exchange Online: under suspicion
    SmtpPhrase{"temporarily rate limited", soft, Reason::rate_limited}, // Gmail, Outlook.com
    SmtpPhrase{"sending quota", soft, Reason::rate_limited},            // Gmail
    SmtpPhrase{"sending limit", soft, Reason::rate_limited},
    SmtpPhrase{"daily limit", soft, Reason::rate_limited},
    SmtpPhrase{"receive limit exceeded", soft, Reason::rate_limited}, // Exchange Online

    // ---- not tried at all
    SmtpPhrase{"suppressed sending to this address", hard, Reason::suppressed}, // SES
    SmtpPhrase{"suppression list", hard, Reason::suppressed},

    // ---- the sender's fault, though it names a mailbox or a domain
    SmtpPhrase{"sender address", block, Reason::policy},
    SmtpPhrase{"from address", block, Reason::policy},
    SmtpPhrase{"mail from domain * does not exist", block, Reason::policy},
    SmtpPhrase{"too many invalid recipients", block, Reason::policy},
    SmtpPhrase{"sender rejected", block, Reason::policy},
    SmtpPhrase{"sender verify failed", block, Reason::policy}, // Exim's callout
    SmtpPhrase{"sender verification", block, Reason::policy},
    SmtpPhrase{"verification failed for <", block, Reason::policy}, // Exim's callout
    SmtpPhrase{"sender domain", block, Reason::policy},
    SmtpPhrase{"sender not pre-approved", block, Reason::policy},
    SmtpPhrase{"sender denied", block, Reason::policy},
    SmtpPhrase{"sendernotauthenticated", block, Reason::policy}, // Exchange: only from inside
    SmtpPhrase{"not in allowed-senders", block, Reason::policy}, // Exchange Online
    SmtpPhrase{"unregistered domain", block, Reason::policy},
    SmtpPhrase{"authentication required for relay", soft, Reason::relay_denied},
    SmtpPhrase{"invalid sender", block, Reason::policy},
    SmtpPhrase{"bad sender", block, Reason::policy},
    SmtpPhrase{"unroutable sender", block, Reason::policy},
    SmtpPhrase{"unrouteable sender", block, Reason::policy},
    SmtpPhrase{"emetteur invalide", block, Reason::policy}, // Orange
    SmtpPhrase{"domain of sender", block, Reason::policy},
    SmtpPhrase{"from: domain is invalid", block, Reason::policy},
    SmtpPhrase{"domain * is a dead domain", block, Reason::policy},
    SmtpPhrase{"null sender", block, Reason::policy},
    SmtpPhrase{"purported responsible address", block, Reason::policy},
    SmtpPhrase{"mail from not owned by user", block, Reason::policy},
    SmtpPhrase{"email address is not verified", block, Reason::policy}, // SES
    SmtpPhrase{"account not subscribed to ses", block, Reason::policy},
    SmtpPhrase{"not authorized to perform", block, Reason::policy}, // SES
    SmtpPhrase{"envelope blocked", block, Reason::policy},          // Mimecast
    SmtpPhrase{"envelope rejected - block", block, Reason::policy},
    SmtpPhrase{"manually blocked senders", block, Reason::policy},
    SmtpPhrase{"blocked senders", block, Reason::policy},
    SmtpPhrase{"sender is blocked", block, Reason::policy},
    SmtpPhrase{"by non-member to a members-only", block, Reason::policy},
    SmtpPhrase{"not a member of this mailing list", block, Reason::policy}, // fml
    SmtpPhrase{"not allowed to post to this", block, Reason::policy},
    SmtpPhrase{"not subscribed to this group", block, Reason::policy},
    SmtpPhrase{"closed mailing list", block, Reason::policy},
    SmtpPhrase{"cannot find your hostname", block, Reason::blocked_ip},
    SmtpPhrase{"cannot resolve your address", block, Reason::blocked_ip},

    // ---- relaying
    SmtpPhrase{"relaying denied", soft, Reason::relay_denied},
    SmtpPhrase{"relay denied", soft, Reason::relay_denied},
    SmtpPhrase{"relay access denied", soft, Reason::relay_denied},
    SmtpPhrase{"unable to relay", soft, Reason::relay_denied},
    SmtpPhrase{"cannot relay", soft, Reason::relay_denied},
    SmtpPhrase{"relay not permitted", soft, Reason::relay_denied},
    SmtpPhrase{"relay not allowed", soft, Reason::relay_denied},
    SmtpPhrase{"relay prohibited", soft, Reason::relay_denied},
    SmtpPhrase{"relaying not allowed", soft, Reason::relay_denied},
    SmtpPhrase{"relaying is prohibited", soft, Reason::relay_denied},
    SmtpPhrase{"relaying mail to", soft, Reason::relay_denied},
    SmtpPhrase{"not permitted to relay", soft, Reason::relay_denied},
    SmtpPhrase{"not allowed to relay", soft, Reason::relay_denied},
    SmtpPhrase{"we do not relay", soft, Reason::relay_denied},
    SmtpPhrase{"no relaying", soft, Reason::relay_denied},
    SmtpPhrase{"not an open relay", soft, Reason::relay_denied},
    SmtpPhrase{"open relay not allowed", soft, Reason::relay_denied},
    SmtpPhrase{"not configured to relay", soft, Reason::relay_denied},
    SmtpPhrase{"not a gateway", soft, Reason::relay_denied},
    SmtpPhrase{"handle mail for", soft, Reason::relay_denied},
    SmtpPhrase{"insecure mail relay", soft, Reason::relay_denied},
    SmtpPhrase{"allowed rcpthosts", soft, Reason::relay_denied}, // qmail
    SmtpPhrase{"mail server requires authentication when attempting to send to a non-local", soft,
               Reason::relay_denied},

    // ---- too much for this mailbox in too short a time
    SmtpPhrase{"too many recipients", soft, Reason::rate_limited},
    SmtpPhrase{"rate that prevents", soft, Reason::rate_limited}, // Gmail
    SmtpPhrase{"receiving mail too quickly", soft, Reason::rate_limited},
    SmtpPhrase{"receiving mail at a rate", soft, Reason::rate_limited},

    // ---- the mailbox is full
    SmtpPhrase{"mailbox full", soft, Reason::mailbox_full},
    SmtpPhrase{"mailbox is full", soft, Reason::mailbox_full},
    SmtpPhrase{"mail box full", soft, Reason::mailbox_full},
    SmtpPhrase{"full mailbox", soft, Reason::mailbox_full},
    SmtpPhrase{"mailfolder is full", soft, Reason::mailbox_full},
    SmtpPhrase{"inbox is full", soft, Reason::mailbox_full},
    SmtpPhrase{"over quota", soft, Reason::mailbox_full},
    SmtpPhrase{"overquota", soft, Reason::mailbox_full},
    SmtpPhrase{"over disk quota", soft, Reason::mailbox_full},
    SmtpPhrase{"over the allowed quota", soft, Reason::mailbox_full},
    SmtpPhrase{"over the maximum allowed", soft, Reason::mailbox_full},
    SmtpPhrase{"over the storage", soft, Reason::mailbox_full},
    SmtpPhrase{"quota exceeded", soft, Reason::mailbox_full},
    SmtpPhrase{"quotaexceeded", soft, Reason::mailbox_full},
    SmtpPhrase{"quota full", soft, Reason::mailbox_full},
    SmtpPhrase{"quota violation", soft, Reason::mailbox_full},
    SmtpPhrase{"quota usage exceeded", soft, Reason::mailbox_full},
    SmtpPhrase{"exceeded quota", soft, Reason::mailbox_full},
    SmtpPhrase{"exceeded storage", soft, Reason::mailbox_full},
    SmtpPhrase{"exceeded its disk", soft, Reason::mailbox_full},
    SmtpPhrase{"exceeded the local limit", soft, Reason::mailbox_full},
    SmtpPhrase{"exceeding * quota", soft, Reason::mailbox_full},
    SmtpPhrase{"exceeding receiving limits", soft, Reason::mailbox_full},
    SmtpPhrase{"reached disk quota", soft, Reason::mailbox_full},
    SmtpPhrase{"mailbox size limit exceeded", soft, Reason::mailbox_full},
    SmtpPhrase{"mail file size exceeds", soft, Reason::mailbox_full},
    SmtpPhrase{"mailbox would exceed", soft, Reason::mailbox_full},
    SmtpPhrase{"exceeds allowed size", soft, Reason::mailbox_full}, // IMail
    SmtpPhrase{"out of storage", soft, Reason::mailbox_full},
    SmtpPhrase{"insufficient storage", soft, Reason::mailbox_full},
    SmtpPhrase{"insufficient system storage", soft, Reason::mailbox_full},
    SmtpPhrase{"insufficient disk space", soft, Reason::mailbox_full},
    SmtpPhrase{"not enough storage", soft, Reason::mailbox_full},
    SmtpPhrase{"enough * space", soft, Reason::mailbox_full},
    SmtpPhrase{"over * quota", soft, Reason::mailbox_full},
    SmtpPhrase{"quota * exceeded", soft, Reason::mailbox_full},
    SmtpPhrase{"disk quota", soft, Reason::mailbox_full},
    SmtpPhrase{"not sufficient disk space", soft, Reason::mailbox_full},
    SmtpPhrase{"not have enough space", soft, Reason::mailbox_full},
    SmtpPhrase{"no space left", soft, Reason::mailbox_full},
    SmtpPhrase{"space has been used up", soft, Reason::mailbox_full},
    SmtpPhrase{"storage allocation", soft, Reason::mailbox_full},
    SmtpPhrase{"storage quota", soft, Reason::mailbox_full},
    SmtpPhrase{"too much mail data", soft, Reason::mailbox_full}, // docomo
    SmtpPhrase{"too many messages on the server", soft, Reason::mailbox_full},
    SmtpPhrase{"too many messages in", soft, Reason::mailbox_full},
    SmtpPhrase{"destinataire pleine", soft, Reason::mailbox_full}, // Orange
    SmtpPhrase{"postfach voll", soft, Reason::mailbox_full},

    // ---- the mailbox is shut
    SmtpPhrase{"account is disabled", hard, Reason::mailbox_disabled},
    SmtpPhrase{"account disabled", hard, Reason::mailbox_disabled},
    SmtpPhrase{"account has been disabled", hard, Reason::mailbox_disabled},
    SmtpPhrase{"account inactive", hard, Reason::mailbox_disabled},
    SmtpPhrase{"account is inactive", hard, Reason::mailbox_disabled},
    SmtpPhrase{"account is not active", hard, Reason::mailbox_disabled},
    SmtpPhrase{"account not active", hard, Reason::mailbox_disabled},
    SmtpPhrase{"account closed", hard, Reason::mailbox_disabled},
    SmtpPhrase{"account has been closed", hard, Reason::mailbox_disabled},
    SmtpPhrase{"account deactivated", hard, Reason::mailbox_disabled},
    SmtpPhrase{"account that you tried to reach is disabled", hard,
               Reason::mailbox_disabled}, // Gmail
    SmtpPhrase{"account that you tried to reach is inactive", hard, Reason::mailbox_disabled},
    SmtpPhrase{"account that you tried to contact is disabled", hard, Reason::mailbox_disabled},
    SmtpPhrase{"account is temporarily unavailable", soft, Reason::mailbox_disabled},
    SmtpPhrase{"account temporarily unavailable", soft, Reason::mailbox_disabled},
    SmtpPhrase{"mailbox temporarily disabled", soft, Reason::mailbox_disabled},
    SmtpPhrase{"disabled or discontinued", hard, Reason::mailbox_disabled}, // Yahoo
    SmtpPhrase{"mailbox disabled", hard, Reason::mailbox_disabled},
    SmtpPhrase{"mailbox is disabled", hard, Reason::mailbox_disabled},
    SmtpPhrase{"mailbox inactive", hard, Reason::mailbox_disabled},
    SmtpPhrase{"mailbox is inactive", hard, Reason::mailbox_disabled},
    SmtpPhrase{"mailbox currently suspended", hard, Reason::mailbox_disabled},
    SmtpPhrase{"mailbox unavailable or access denied", hard, Reason::mailbox_disabled},
    SmtpPhrase{"mailbox is blocked", hard, Reason::mailbox_disabled},
    SmtpPhrase{"mailbox is frozen", hard, Reason::mailbox_disabled}, // i.ua
    SmtpPhrase{"mailbox is locked", hard, Reason::mailbox_disabled},
    SmtpPhrase{"mailbox locked", hard, Reason::mailbox_disabled},
    SmtpPhrase{"mailbox suspended", hard, Reason::mailbox_disabled},
    SmtpPhrase{"user is disabled", hard, Reason::mailbox_disabled},
    SmtpPhrase{"user disabled", hard, Reason::mailbox_disabled},
    SmtpPhrase{"user is inactive", hard, Reason::mailbox_disabled},
    SmtpPhrase{"user suspended", hard, Reason::mailbox_disabled},
    SmtpPhrase{"invalid/inactive user", hard, Reason::mailbox_disabled},
    SmtpPhrase{"disabled recipient", hard, Reason::mailbox_disabled},
    SmtpPhrase{"recipient disabled", hard, Reason::mailbox_disabled},
    SmtpPhrase{"recipient suspend", hard, Reason::mailbox_disabled},
    SmtpPhrase{"archived recipient", hard, Reason::mailbox_disabled}, // Orange
    SmtpPhrase{"recipient account is blocked", hard, Reason::mailbox_disabled},
    SmtpPhrase{"account is locked", hard, Reason::mailbox_disabled},
    SmtpPhrase{"account locked", hard, Reason::mailbox_disabled},
    SmtpPhrase{"temporary locked", hard, Reason::mailbox_disabled}, // Bell, rediff: for months
    SmtpPhrase{"temporarily locked", hard, Reason::mailbox_disabled},
    SmtpPhrase{"account is blocked", hard, Reason::mailbox_disabled},
    SmtpPhrase{"account suspended", hard, Reason::mailbox_disabled},
    SmtpPhrase{"account is suspended", hard, Reason::mailbox_disabled},
    SmtpPhrase{"account has been suspended", hard, Reason::mailbox_disabled},
    SmtpPhrase{"account has been blocked", hard, Reason::mailbox_disabled},
    SmtpPhrase{"account * is suspended", hard, Reason::mailbox_disabled},
    SmtpPhrase{"domain is currently suspended", hard, Reason::mailbox_disabled},
    SmtpPhrase{"boite du destinataire archivee", hard, Reason::mailbox_disabled}, // Orange
    SmtpPhrase{"expired account", hard, Reason::mailbox_disabled},
    SmtpPhrase{"account expired", hard, Reason::mailbox_disabled},
    SmtpPhrase{"account has expired", hard, Reason::mailbox_disabled},
    SmtpPhrase{"deactivated", hard, Reason::mailbox_disabled},
    SmtpPhrase{"no longer accepts mail", hard, Reason::mailbox_disabled},
    SmtpPhrase{"temporarily inactive", hard, Reason::mailbox_disabled},
    SmtpPhrase{"inactive account", hard, Reason::mailbox_disabled},
    SmtpPhrase{"user is terminated", hard, Reason::mailbox_disabled},
    SmtpPhrase{"user or domain is disabled", hard, Reason::mailbox_disabled},
    SmtpPhrase{"not accepting any mail", hard, Reason::mailbox_disabled},

    // ---- nobody has this address
    SmtpPhrase{"recipient address rejected: access denied", hard, Reason::user_unknown}, // Exchange
    SmtpPhrase{"recipient addresses rejected : access denied", hard, Reason::user_unknown},
    SmtpPhrase{"user unknown", hard, Reason::user_unknown},
    SmtpPhrase{"user * unknown in", hard, Reason::user_unknown},
    SmtpPhrase{"unknown user", hard, Reason::user_unknown},
    SmtpPhrase{"unknown local part", hard, Reason::user_unknown}, // Exim
    SmtpPhrase{"unknown local-part", hard, Reason::user_unknown},
    SmtpPhrase{"unknown mailbox", hard, Reason::user_unknown},
    SmtpPhrase{"unknown email address", hard, Reason::user_unknown},
    SmtpPhrase{"unknown e-mail address", hard, Reason::user_unknown},
    SmtpPhrase{"unknown virtual user", hard, Reason::user_unknown},
    SmtpPhrase{"no such user", hard, Reason::user_unknown},
    SmtpPhrase{"no such recipient", hard, Reason::user_unknown},
    SmtpPhrase{"no such mailbox", hard, Reason::user_unknown},
    SmtpPhrase{"no such person", hard, Reason::user_unknown},
    SmtpPhrase{"no such address", hard, Reason::user_unknown},
    SmtpPhrase{"no such account", hard, Reason::user_unknown},
    SmtpPhrase{"no such local", hard, Reason::user_unknown},
    SmtpPhrase{"no account by that name", hard, Reason::user_unknown},
    SmtpPhrase{"no mailbox here", hard, Reason::user_unknown}, // qmail
    SmtpPhrase{"no mailbox found", hard, Reason::user_unknown},
    SmtpPhrase{"no mailbox by that name", hard, Reason::user_unknown},
    SmtpPhrase{"no mail box available for this user", hard, Reason::user_unknown},
    SmtpPhrase{"no one at this address", hard, Reason::user_unknown},
    SmtpPhrase{"no existe dicha persona", hard, Reason::user_unknown},
    SmtpPhrase{"nonexistent user", hard, Reason::user_unknown},
    SmtpPhrase{"non-existent user", hard, Reason::user_unknown},
    SmtpPhrase{"nonexistent recipient", hard, Reason::user_unknown},
    SmtpPhrase{"unknown recipient", hard, Reason::user_unknown},
    SmtpPhrase{"recipient unknown", hard, Reason::user_unknown},
    SmtpPhrase{"recipient not found", hard, Reason::user_unknown},
    SmtpPhrase{"recipient is not local", hard, Reason::user_unknown},
    SmtpPhrase{"recipient not exist", hard, Reason::user_unknown},
    SmtpPhrase{"recipient address rejected: user", hard, Reason::user_unknown},
    SmtpPhrase{"recipient * was not found", hard, Reason::user_unknown},
    SmtpPhrase{"recipient does not exist", hard, Reason::user_unknown},
    SmtpPhrase{"recipient name is not recognized", hard, Reason::user_unknown}, // Exchange 5.5
    SmtpPhrase{"bad recipient", hard, Reason::user_unknown},
    SmtpPhrase{"rejected recipients", hard, Reason::user_unknown},
    SmtpPhrase{"recipnotfound", hard, Reason::user_unknown}, // Exchange 2007
    SmtpPhrase{"recipientnotfound", hard, Reason::user_unknown},
    SmtpPhrase{"not found recipient account", hard, Reason::user_unknown},
    SmtpPhrase{"user not found", hard, Reason::user_unknown},
    SmtpPhrase{"user not known", hard, Reason::user_unknown},
    SmtpPhrase{"user not local", hard, Reason::user_unknown},
    SmtpPhrase{"unknown or illegal alias", hard, Reason::user_unknown}, // Exchange, Sun
    SmtpPhrase{"user not exist", hard, Reason::user_unknown},
    SmtpPhrase{"user missing home directory", hard, Reason::user_unknown},
    SmtpPhrase{"user does not exist", hard, Reason::user_unknown},
    SmtpPhrase{"user's email name is not found", hard, Reason::user_unknown},
    SmtpPhrase{"mailbox not found", hard, Reason::user_unknown},
    SmtpPhrase{"mailbox not present", hard, Reason::user_unknown},
    SmtpPhrase{"mailbox does not exist", hard, Reason::user_unknown},
    SmtpPhrase{"mailbox name not allowed", hard, Reason::user_unknown}, // RFC 5321, 553
    SmtpPhrase{"invalid recipient", hard, Reason::user_unknown},
    SmtpPhrase{"invalid mailbox", hard, Reason::user_unknown},
    SmtpPhrase{"invalid user", hard, Reason::user_unknown},
    SmtpPhrase{"destinataire invalide", hard, Reason::user_unknown}, // Orange
    SmtpPhrase{"no valid recipients", hard, Reason::user_unknown},
    SmtpPhrase{"no thank you rejected: account unavailable", hard, Reason::user_unknown},
    SmtpPhrase{"invalid final delivery userid", hard, Reason::user_unknown}, // IMail
    SmtpPhrase{"user doesn't have", hard, Reason::user_unknown},             // Yahoo
    SmtpPhrase{"user doesn't exist", hard, Reason::user_unknown},
    SmtpPhrase{"not a valid mailbox", hard, Reason::user_unknown},
    SmtpPhrase{"not a valid user", hard, Reason::user_unknown},
    SmtpPhrase{"not a known user", hard, Reason::user_unknown},
    SmtpPhrase{"not a local address", hard, Reason::user_unknown},
    SmtpPhrase{"not an active address", hard, Reason::user_unknown},
    SmtpPhrase{"not listed in public", hard, Reason::user_unknown}, // Notes
    SmtpPhrase{"not listed in domino", hard, Reason::user_unknown},
    SmtpPhrase{"no matches to nameserver query", hard, Reason::user_unknown},
    SmtpPhrase{"wrong or no longer valid", hard, Reason::user_unknown},
    SmtpPhrase{"no longer on server", hard, Reason::user_unknown}, // iCloud
    SmtpPhrase{"not our customer", hard, Reason::user_unknown},
    SmtpPhrase{"badrcptto", hard, Reason::user_unknown}, // qmail: the address is refused for good
    SmtpPhrase{"can't accept user", hard, Reason::user_unknown},
    SmtpPhrase{"my badrecipientto list", hard, Reason::user_unknown},
    SmtpPhrase{"my validrcptto list", hard, Reason::user_unknown},
    SmtpPhrase{"envelope recipient has been denied", hard, Reason::user_unknown},
    SmtpPhrase{"address not present in directory", hard, Reason::user_unknown},
    SmtpPhrase{"address invalid", hard, Reason::user_unknown},
    SmtpPhrase{"not a valid recipient", hard, Reason::user_unknown},
    SmtpPhrase{"recipient is not accepted", hard, Reason::user_unknown},
    SmtpPhrase{"recipient not ok", hard, Reason::user_unknown},
    SmtpPhrase{"recipients was undeliverable", hard, Reason::user_unknown},
    SmtpPhrase{"mailbox unavaiable", hard, Reason::user_unknown}, // so it is written
    SmtpPhrase{"no existe ese usuario", hard, Reason::user_unknown},
    SmtpPhrase{"nessun utente simile", hard, Reason::user_unknown},
    SmtpPhrase{"adresse nicht gefunden", hard, Reason::user_unknown}, // Gmail, German
    SmtpPhrase{"has moved", hard, Reason::user_unknown},
    SmtpPhrase{"has been replaced by", hard, Reason::user_unknown},
    SmtpPhrase{"^new address$", hard, Reason::user_unknown},
    SmtpPhrase{"malformed address", hard, Reason::other}, // Exim

    // ---- the domain takes no mail
    SmtpPhrase{"host or domain name not found", hard, Reason::host_unknown}, // Postfix
    SmtpPhrase{"domain does not exist", hard, Reason::host_unknown},
    SmtpPhrase{"domain doesn't exist", hard, Reason::host_unknown},
    SmtpPhrase{"domain must exist", hard, Reason::host_unknown},
    SmtpPhrase{"domain name not found", hard, Reason::host_unknown},
    SmtpPhrase{"domain not found", hard, Reason::host_unknown},
    SmtpPhrase{"domain is not reachable", hard, Reason::host_unknown},
    SmtpPhrase{"domain has no mail exchangers", hard, Reason::host_unknown},
    SmtpPhrase{"account or domain may not exist", hard, Reason::host_unknown},
    SmtpPhrase{"host unknown", hard, Reason::host_unknown},
    SmtpPhrase{"unknown host", hard, Reason::host_unknown},
    SmtpPhrase{"no such domain", hard, Reason::host_unknown},
    SmtpPhrase{"no such host", hard, Reason::host_unknown},
    SmtpPhrase{"find any host named", hard, Reason::host_unknown}, // qmail
    SmtpPhrase{"find a mail exchanger", hard, Reason::host_unknown},
    SmtpPhrase{"name or service not known", hard, Reason::host_unknown},
    SmtpPhrase{"host not found, try again", soft, Reason::network},
    SmtpPhrase{"host not found", hard, Reason::host_unknown},
    SmtpPhrase{"unrouteable mail domain", hard, Reason::host_unknown}, // Exim
    SmtpPhrase{"unrouteable address", hard, Reason::host_unknown},
    SmtpPhrase{"unroutable address", hard, Reason::host_unknown},
    SmtpPhrase{"unrouteable", hard, Reason::host_unknown},
    SmtpPhrase{"nxdomain", hard, Reason::host_unknown},
    SmtpPhrase{"null mx", hard, Reason::host_unknown}, // RFC 7505
    SmtpPhrase{"no mx record", hard, Reason::host_unknown},
    SmtpPhrase{"no mail hosts for domain", hard, Reason::host_unknown},
    SmtpPhrase{"nullmx", hard, Reason::host_unknown},
    SmtpPhrase{"host/domain does not accept mail", hard, Reason::host_unknown}, // iCloud
    SmtpPhrase{"mail domain mentioned in email address is unknown", hard, Reason::host_unknown},
    SmtpPhrase{"doesn't receive email", hard, Reason::host_unknown},
    SmtpPhrase{"indicated no smtp service", hard, Reason::host_unknown}, // Exim
    SmtpPhrase{"name service error", hard, Reason::host_unknown},        // Postfix
    SmtpPhrase{"name server * not found", hard, Reason::host_unknown},

    // ---- what names both a list and a cause, in the order that tells most
    SmtpPhrase{"frequency limited", soft, Reason::rate_limited},  // QQ
    SmtpPhrase{"too many spams from", block, Reason::blocked_ip}, // free.fr
    SmtpPhrase{"content presents", block, Reason::content},       // Gmail: a security issue
    SmtpPhrase{"blacklisted url", block, Reason::spam},
    SmtpPhrase{"lookup.uribl.com", block, Reason::spam},
    SmtpPhrase{"uribl", block, Reason::spam},
    SmtpPhrase{"surbl", block, Reason::spam},
    SmtpPhrase{"multiple addresses in from", block, Reason::policy}, // Gmail
    SmtpPhrase{"messages with multiple addresses", block, Reason::policy},
    SmtpPhrase{"not rfc 5322 compliant", block, Reason::content},
    SmtpPhrase{"not rfc 2822 compliant", block, Reason::content},
    SmtpPhrase{"rfcmessagenoncompliant", block, Reason::content},
    SmtpPhrase{"duplicate header", block, Reason::content},
    SmtpPhrase{"security policies", block, Reason::policy}, // Mimecast: virus or spam

    // ---- authentication: before the words on spam that such answers excuse themselves with
    SmtpPhrase{"^spf$", block, Reason::auth},
    SmtpPhrase{"sender policy framework", block, Reason::auth},
    SmtpPhrase{"^dkim$", block, Reason::auth},
    SmtpPhrase{"^dmarc$", block, Reason::auth},
    SmtpPhrase{"domainkeys", block, Reason::auth},
    SmtpPhrase{"unauthenticated", block, Reason::auth},
    SmtpPhrase{"not authenticated", block, Reason::auth},
    SmtpPhrase{"authentication", block, Reason::auth},
    SmtpPhrase{"authentification", block, Reason::auth}, // Orange

    // ---- lists of senders
    SmtpPhrase{"spamhaus", block, Reason::blocked_ip},
    SmtpPhrase{"spamcop", block, Reason::blocked_ip},
    SmtpPhrase{"barracuda", block, Reason::blocked_ip},
    SmtpPhrase{"abuseat.org", block, Reason::blocked_ip},
    SmtpPhrase{"sorbs.net", block, Reason::blocked_ip},
    SmtpPhrase{"invaluement", block, Reason::blocked_ip},
    SmtpPhrase{"proofpoint.com/ipcheck", block, Reason::blocked_ip},
    SmtpPhrase{"blacklist", block, Reason::blocked_ip},
    SmtpPhrase{"black list", block, Reason::blocked_ip},
    SmtpPhrase{"block list", block, Reason::blocked_ip},
    SmtpPhrase{"blocklist", block, Reason::blocked_ip},
    SmtpPhrase{"blocked using", block, Reason::blocked_ip},
    SmtpPhrase{"^rbl$", block, Reason::blocked_ip},
    SmtpPhrase{"^dnsbl$", block, Reason::blocked_ip},
    SmtpPhrase{"dnsbl:", block, Reason::blocked_ip},
    SmtpPhrase{"rbl:", block, Reason::blocked_ip}, // AOL, Comcast
    SmtpPhrase{"banned sending ip", block, Reason::blocked_ip},
    SmtpPhrase{"banned sender", block, Reason::blocked_ip},
    SmtpPhrase{"client host rejected", block, Reason::blocked_ip},
    SmtpPhrase{"client host * blocked", block, Reason::blocked_ip},
    SmtpPhrase{"bloquee pour incident", block, Reason::blocked_ip}, // Orange
    SmtpPhrase{"^listed in", block, Reason::blocked_ip},
    SmtpPhrase{"^listed by", block, Reason::blocked_ip},
    SmtpPhrase{"^listed at", block, Reason::blocked_ip},
    SmtpPhrase{"listed as abusive", block, Reason::blocked_ip},
    SmtpPhrase{"reputation", block, Reason::blocked_ip},
    SmtpPhrase{"poor rep", block, Reason::blocked_ip},
    SmtpPhrase{"user complaints", block, Reason::blocked_ip}, // Yahoo
    SmtpPhrase{"reverse dns", block, Reason::blocked_ip},
    SmtpPhrase{"reverse lookup", block, Reason::blocked_ip},
    SmtpPhrase{"ip name lookup failed", block, Reason::blocked_ip},
    SmtpPhrase{"^rdns$", block, Reason::blocked_ip},
    SmtpPhrase{"^ptr$", block, Reason::blocked_ip},
    SmtpPhrase{"unresolvable relay host", block, Reason::blocked_ip},
    SmtpPhrase{"unverifiable sending ip", block, Reason::blocked_ip},
    SmtpPhrase{"unverifyable sending ip", block, Reason::blocked_ip},
    SmtpPhrase{"mismatches client ip", block, Reason::blocked_ip},
    SmtpPhrase{"dynamic ip", block, Reason::blocked_ip},
    SmtpPhrase{"open proxy", block, Reason::blocked_ip},
    SmtpPhrase{"bad helo", block, Reason::blocked_ip},
    SmtpPhrase{"helo command rejected", block, Reason::blocked_ip},
    SmtpPhrase{"not allowed to connect", block, Reason::blocked_ip},
    SmtpPhrase{"not accepting connections", block, Reason::blocked_ip},         // iCloud
    SmtpPhrase{"traffic not accepted from this ip", block, Reason::blocked_ip}, // Exchange Online
    SmtpPhrase{"due to abuse", block, Reason::blocked_ip},
    SmtpPhrase{"bad ip profile", block, Reason::blocked_ip},
    SmtpPhrase{"host network not allowed", block, Reason::policy}, // Mimecast
    SmtpPhrase{"invalid ip for sending", block, Reason::blocked_ip},
    SmtpPhrase{"remotehost looks suspiciously", block, Reason::blocked_ip},
    SmtpPhrase{"unwanted messages have been sent", block, Reason::blocked_ip},
    SmtpPhrase{"confirm this mail server", block, Reason::blocked_ip},
    SmtpPhrase{"requires confirmation", block, Reason::blocked_ip},
    SmtpPhrase{"your access ip", block, Reason::blocked_ip},
    SmtpPhrase{"forward dns entry", block, Reason::blocked_ip}, // Gmail
    SmtpPhrase{"accepting mail from your ip", block, Reason::blocked_ip},
    SmtpPhrase{"forbidden by your ip", block, Reason::blocked_ip},
    SmtpPhrase{"no access from mail server", block, Reason::blocked_ip},
    SmtpPhrase{"go away", block, Reason::blocked_ip},
    SmtpPhrase{"use the smtp server of your isp", block, Reason::blocked_ip},

    // ---- what is in the mail
    SmtpPhrase{"unsolicited", block, Reason::spam},
    SmtpPhrase{"spam", block, Reason::spam},
    SmtpPhrase{"^bulk$", block, Reason::spam},
    SmtpPhrase{"^junk$", block, Reason::spam},
    SmtpPhrase{"^ube$", block, Reason::spam},
    SmtpPhrase{"^uce$", block, Reason::spam},
    SmtpPhrase{"dt:spm", block, Reason::spam}, // 163.com
    SmtpPhrase{"mass mailer", block, Reason::spam},
    SmtpPhrase{"recurrent pattern detection", block, Reason::spam},
    SmtpPhrase{"virus", block, Reason::content},
    SmtpPhrase{"malware", block, Reason::content},
    SmtpPhrase{"phish", block, Reason::content},
    SmtpPhrase{"illegal attachment", block, Reason::content},
    SmtpPhrase{"banned attachment", block, Reason::content},
    SmtpPhrase{"executable files are not allowed", block, Reason::content},
    SmtpPhrase{"images or other attachments", block, Reason::content},
    SmtpPhrase{"invalid characters", block, Reason::content},
    SmtpPhrase{"content rejected", block, Reason::content},
    SmtpPhrase{"content denied", block, Reason::content},
    SmtpPhrase{"content filter", block, Reason::content},
    SmtpPhrase{"content examination", block, Reason::policy}, // Mimecast
    SmtpPhrase{"content restrictions", block, Reason::content},
    SmtpPhrase{"unacceptable content", block, Reason::content},
    SmtpPhrase{"banned content", block, Reason::content},
    SmtpPhrase{"message filtered", block, Reason::content},
    SmtpPhrase{"header error", block, Reason::content},
    SmtpPhrase{"headers are not accepted", block, Reason::content},
    SmtpPhrase{"mail rejete", block, Reason::spam}, // Orange
    SmtpPhrase{"blocked by the recipient", block, Reason::policy},
    SmtpPhrase{"blocked", block, Reason::blocked_ip},

    // ---- too large
    SmtpPhrase{"message too large", soft, Reason::message_too_big},
    SmtpPhrase{"message is too large", soft, Reason::message_too_big},
    SmtpPhrase{"message too big", soft, Reason::message_too_big},
    SmtpPhrase{"message size exceeds", soft, Reason::message_too_big},
    SmtpPhrase{"message size exceeded", soft, Reason::message_too_big},
    SmtpPhrase{"message larger than", soft, Reason::message_too_big},
    SmtpPhrase{"mail too large", soft, Reason::message_too_big},
    SmtpPhrase{"max message size", soft, Reason::message_too_big},
    SmtpPhrase{"maximum message size", soft, Reason::message_too_big},
    SmtpPhrase{"maximum email size", soft, Reason::message_too_big},
    SmtpPhrase{"size limit", soft, Reason::message_too_big},
    SmtpPhrase{"recipsizelimit", soft, Reason::message_too_big}, // Exchange
    SmtpPhrase{"sendersizelimit", soft, Reason::message_too_big},
    SmtpPhrase{"message exceeds", soft, Reason::message_too_big},
    SmtpPhrase{"message file too big", soft, Reason::message_too_big},
    SmtpPhrase{"message length exceeds", soft, Reason::message_too_big},
    SmtpPhrase{"maximum incoming message size", soft, Reason::message_too_big},
    SmtpPhrase{"exceeded maximum inbound message size", soft, Reason::message_too_big},
    SmtpPhrase{"line limit exceeded", soft, Reason::message_too_big},
    SmtpPhrase{"taille limite du message", soft, Reason::message_too_big}, // Orange

    // ---- too much, too fast
    SmtpPhrase{"rate limit", soft, Reason::rate_limited},
    SmtpPhrase{"ratelimit", soft, Reason::rate_limited},
    SmtpPhrase{"rate exceeded", soft, Reason::rate_limited},
    SmtpPhrase{"sending rate", soft, Reason::rate_limited},
    SmtpPhrase{"too many connections", soft, Reason::rate_limited},
    SmtpPhrase{"too many concurrent", soft, Reason::rate_limited},
    SmtpPhrase{"too many simultaneous", soft, Reason::rate_limited},
    SmtpPhrase{"too many sessions", soft, Reason::rate_limited},
    SmtpPhrase{"too many messages", soft, Reason::rate_limited},
    SmtpPhrase{"too many hops", soft, Reason::network},
    SmtpPhrase{"too many requests", soft, Reason::rate_limited},
    SmtpPhrase{"too many smtp", soft, Reason::rate_limited},
    SmtpPhrase{"too many errors", soft, Reason::rate_limited},
    SmtpPhrase{"too many emails", soft, Reason::rate_limited},
    SmtpPhrase{"too much mail", soft, Reason::rate_limited},
    SmtpPhrase{"too fast", soft, Reason::rate_limited},
    SmtpPhrase{"slow down", soft, Reason::rate_limited},
    SmtpPhrase{"try again slower", soft, Reason::rate_limited},
    SmtpPhrase{"max emails per hour", soft, Reason::rate_limited},
    SmtpPhrase{"trop de connexions", soft, Reason::rate_limited}, // Free, Orange
    SmtpPhrase{"numerous attempts to deliver", soft, Reason::rate_limited},
    SmtpPhrase{"without solving a captcha", soft, Reason::rate_limited}, // Google Groups
    SmtpPhrase{"throttl", soft, Reason::rate_limited},
    SmtpPhrase{"connection limit", soft, Reason::rate_limited},
    SmtpPhrase{"connections limit", soft, Reason::rate_limited},
    SmtpPhrase{"concurrent connection", soft, Reason::rate_limited},
    SmtpPhrase{"connection rate", soft, Reason::rate_limited},
    SmtpPhrase{"max connections", soft, Reason::rate_limited},
    SmtpPhrase{"maximum connections", soft, Reason::rate_limited},
    SmtpPhrase{"suspected bounce attacks", soft, Reason::rate_limited}, // QQ
    SmtpPhrase{"excessive", soft, Reason::rate_limited},
    SmtpPhrase{"server busy", soft, Reason::rate_limited},
    SmtpPhrase{"^tss0", soft, Reason::rate_limited}, // Yahoo
    SmtpPhrase{"greylist", soft, Reason::rate_limited},
    SmtpPhrase{"graylist", soft, Reason::rate_limited},
    SmtpPhrase{"grey list", soft, Reason::rate_limited},
    SmtpPhrase{"temporarily deferred", soft, Reason::rate_limited},

    // ---- the remote server's own trouble
    SmtpPhrase{"queue file write error", soft, Reason::other}, // Postfix
    SmtpPhrase{"system config", soft, Reason::other},
    SmtpPhrase{"configuration error", soft, Reason::other},
    SmtpPhrase{"local error in processing", soft, Reason::other},
    SmtpPhrase{"temporary local problem", soft, Reason::other},
    SmtpPhrase{"internal server error", soft, Reason::other},
    SmtpPhrase{"internal system error", soft, Reason::other},
    SmtpPhrase{"internal error", soft, Reason::other},
    SmtpPhrase{"interrupted system call", soft, Reason::other},
    SmtpPhrase{"error while being processed", soft, Reason::other},
    SmtpPhrase{"contact ldap server", soft, Reason::other},
    SmtpPhrase{"there is no mdb", soft, Reason::other},      // Exchange
    SmtpPhrase{"unknown mailer error", soft, Reason::other}, // sendmail
    SmtpPhrase{"can't create user output file", soft, Reason::other},
    SmtpPhrase{"insufficient permission", soft, Reason::other},
    SmtpPhrase{"insufficient system resources", soft, Reason::other},
    SmtpPhrase{"service refuse", soft, Reason::other}, // Orange
    SmtpPhrase{"command failed", soft, Reason::other},
    SmtpPhrase{"improper sequence of commands", soft, Reason::other},

    // ---- later, perhaps
    SmtpPhrase{"refused to talk to me", soft, Reason::blocked_ip}, // Postfix: at the greeting
    SmtpPhrase{"try again later", soft, Reason::rate_limited},

    // ---- rules of the house; only now, as nearly every answer can point to them
    SmtpPhrase{"polic", block, Reason::policy},
    SmtpPhrase{"not permitted", block, Reason::policy},
    SmtpPhrase{"refused due to recipient preferences", block, Reason::policy}, // Facebook
    SmtpPhrase{"rejected due to user rules", block, Reason::policy},
    SmtpPhrase{"restricted sms e-mail", block, Reason::policy}, // AT&T
    SmtpPhrase{"refuse to receive mail", block, Reason::policy},
    SmtpPhrase{"refuses to receive this mail", block, Reason::policy},
    SmtpPhrase{"account is protected by", block, Reason::policy},
    SmtpPhrase{"only accepting mail from", block, Reason::policy},
    SmtpPhrase{"user reject", block, Reason::policy},
    SmtpPhrase{"access denied", block, Reason::policy},
    SmtpPhrase{"administrative prohibition", block, Reason::policy},
    SmtpPhrase{"administratively prohibited", block, Reason::policy},
    SmtpPhrase{"restricted", block, Reason::policy},
    SmtpPhrase{"message refused", block, Reason::policy},
    SmtpPhrase{"e-mail to yourself", block, Reason::policy},
    SmtpPhrase{"anti-spoofing", block, Reason::policy},
    SmtpPhrase{"organizational settings", block, Reason::policy},
    SmtpPhrase{"rejected by destination domain", block, Reason::policy}, // Zoho
    SmtpPhrase{"rejected by recipients", block, Reason::policy},         // QQ
    SmtpPhrase{"protocol violation", block, Reason::policy},
    SmtpPhrase{"message given low priority", block, Reason::policy},
    SmtpPhrase{"requires encryption", block, Reason::policy},
    SmtpPhrase{"starttls", block, Reason::policy},
    SmtpPhrase{"tls is required", block, Reason::policy},

    // ---- words on the mailbox that stand in other answers too
    SmtpPhrase{"invalid address", hard, Reason::user_unknown},
    SmtpPhrase{"rejected: unknown domain", hard, Reason::host_unknown},
    SmtpPhrase{"does not accept any mail", hard, Reason::host_unknown},
    SmtpPhrase{"domain * does not exist", hard, Reason::host_unknown},
    SmtpPhrase{"does not exist", hard, Reason::user_unknown},
    SmtpPhrase{"doesn't exist", hard, Reason::user_unknown},
    SmtpPhrase{"does not have an account", hard, Reason::user_unknown},
    SmtpPhrase{"mailbox unavailable", hard, Reason::user_unknown},
    SmtpPhrase{"mailbox is unavailable", hard, Reason::user_unknown},
    SmtpPhrase{"mailbox * unavailable", hard, Reason::user_unknown},
    SmtpPhrase{"address could not be found", hard, Reason::user_unknown},
    SmtpPhrase{"address not found", hard, Reason::user_unknown},
    SmtpPhrase{"address couldn't be found", hard, Reason::user_unknown},
    SmtpPhrase{"unknown address", hard, Reason::user_unknown},
    SmtpPhrase{"address unknown", hard, Reason::user_unknown},
    SmtpPhrase{"bad address", hard, Reason::user_unknown},
    SmtpPhrase{"bad destination mailbox", hard, Reason::user_unknown},
    SmtpPhrase{"recipient rejected", hard, Reason::user_unknown},
    SmtpPhrase{"rejected recipient", hard, Reason::user_unknown},
    SmtpPhrase{"rejected your message to the following", hard, Reason::user_unknown},
    SmtpPhrase{"address rejected", hard, Reason::user_unknown},
    SmtpPhrase{"adresse unbekannt", hard, Reason::user_unknown},
    SmtpPhrase{"empfänger unbekannt", hard, Reason::user_unknown},
    SmtpPhrase{"destinataire inconnu", hard, Reason::user_unknown},
    SmtpPhrase{"utilisateur inconnu", hard, Reason::user_unknown},
    SmtpPhrase{"usuario desconocido", hard, Reason::user_unknown},
    SmtpPhrase{"utente sconosciuto", hard, Reason::user_unknown},
    SmtpPhrase{"onbekende gebruiker", hard, Reason::user_unknown},
    SmtpPhrase{"^inactive$", hard, Reason::mailbox_disabled},
    SmtpPhrase{"^quota$", soft, Reason::mailbox_full},

    // ---- the way there
    SmtpPhrase{"message expired", soft, Reason::expired},
    SmtpPhrase{"delivery time expired", soft, Reason::expired},
    SmtpPhrase{"delivery expired", soft, Reason::expired},
    SmtpPhrase{"retry timeout exceeded", soft, Reason::expired}, // Exim
    SmtpPhrase{"retry time not reached", soft, Reason::expired}, // Exim
    SmtpPhrase{"giving up on", soft, Reason::network},           // qmail, of one server
    SmtpPhrase{"giving up", soft, Reason::expired},
    SmtpPhrase{"queue too long", soft, Reason::expired},
    SmtpPhrase{"allowed queue period", soft, Reason::expired},
    SmtpPhrase{"has not been collected", soft, Reason::expired},
    SmtpPhrase{"not delivered within", soft, Reason::expired},
    SmtpPhrase{"could not deliver for", soft, Reason::expired},
    SmtpPhrase{"not be delivered for more than", soft, Reason::expired},
    SmtpPhrase{"failing for a long time", soft, Reason::expired},
    SmtpPhrase{"could not find a gateway for", soft, Reason::expired},
    SmtpPhrase{"unable to deliver this message after", soft, Reason::expired},
    SmtpPhrase{"unable to deliver in", soft, Reason::expired},
    SmtpPhrase{"multiple retries", soft, Reason::expired},
    SmtpPhrase{"has been delayed", soft, Reason::expired},
    SmtpPhrase{"message delayed", soft, Reason::expired},
    SmtpPhrase{"delayed more than", soft, Reason::expired},
    SmtpPhrase{"delivery failed * attempts", soft, Reason::expired}, // IMail
    SmtpPhrase{"failed to deliver to * tries", soft, Reason::expired},
    SmtpPhrase{"timed out", soft, Reason::network},
    SmtpPhrase{"timeout", soft, Reason::network},
    SmtpPhrase{"time-out", soft, Reason::network},
    SmtpPhrase{"connection refused", soft, Reason::network},
    SmtpPhrase{"connection reset", soft, Reason::network},
    SmtpPhrase{"connection dropped", soft, Reason::network},
    SmtpPhrase{"connection was dropped", soft, Reason::network},
    SmtpPhrase{"connection closed", soft, Reason::network},
    SmtpPhrase{"connection lost", soft, Reason::network},
    SmtpPhrase{"lost connection", soft, Reason::network},
    SmtpPhrase{"could not connect", soft, Reason::network},
    SmtpPhrase{"couldn't connect", soft, Reason::network},
    SmtpPhrase{"unable to connect", soft, Reason::network},
    SmtpPhrase{"establish an smtp connection", soft, Reason::network}, // qmail
    SmtpPhrase{"no route to host", soft, Reason::network},
    SmtpPhrase{"network is unreachable", soft, Reason::network},
    SmtpPhrase{"network error", soft, Reason::network},
    SmtpPhrase{"host is unreachable", soft, Reason::network},
    SmtpPhrase{"host unreachable", soft, Reason::network},
    SmtpPhrase{"host not reachable", soft, Reason::network},
    SmtpPhrase{"host is not responding", soft, Reason::network},
    SmtpPhrase{"did not respond", soft, Reason::network},
    SmtpPhrase{"not responding", soft, Reason::network},
    SmtpPhrase{"socket error", soft, Reason::network},
    SmtpPhrase{"requests to connect", soft, Reason::network}, // Gmail
    SmtpPhrase{"host name lookup failure", soft, Reason::network},
    SmtpPhrase{"dns query failed", soft, Reason::network},
    SmtpPhrase{"dns error", soft, Reason::network},
    SmtpPhrase{"name server reply", soft, Reason::network},
    SmtpPhrase{"routing loop", soft, Reason::network},
    SmtpPhrase{"mail loop", soft, Reason::network},
    SmtpPhrase{"forwarding loop", soft, Reason::network},
    SmtpPhrase{"message looping", soft, Reason::network},
    SmtpPhrase{"hop count", soft, Reason::network},
    SmtpPhrase{"loops back to myself", soft, Reason::network},
    SmtpPhrase{"loop detected", soft, Reason::network},
    SmtpPhrase{"no relevant answers", soft, Reason::network}, // Gmail, of DNS
    SmtpPhrase{"currently unavailable", soft, Reason::network},
    SmtpPhrase{"temporarily unavailable", soft, Reason::network},
};

} // namespace smtp_phrases

} // namespace mailfunnel
