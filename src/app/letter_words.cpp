#include "app/letter_words.hpp"

#include <algorithm>
#include <span>

namespace mailfunnel {

namespace {

struct Named {
  std::string_view name;
  InLanguages words;
};

const InLanguages* find(std::span<const Named> table, std::string_view name) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [name](const Named& one) { return one.name == name; });
  return found == table.end() ? nullptr : &found->words;
}

} // namespace

// In the order of Phrase.
const std::array<InLanguages, static_cast<std::size_t>(Phrase::count)> k_phrases{{
    // title
    {"What we keep about you", "Wat wij over u bewaren", "Ce que nous conservons à votre sujet",
     "Was wir über Sie speichern"},
    // date
    {"Date: {}", "Datum: {}", "Date : {}", "Datum: {}"},
    // intro
    {"You asked which personal data we process about you (article 15 of the General Data "
     "Protection "
     "Regulation, GDPR). This letter is the answer for our e-mail mailings: what we keep, where it "
     "comes from, what we use it for, and what your rights are. Times are in UTC.",
     "U vroeg welke persoonsgegevens wij over u verwerken (artikel 15 van de Algemene verordening "
     "gegevensbescherming, AVG). Deze brief is het antwoord voor onze mailings: wat wij bewaren, "
     "waar het vandaan komt, waarvoor wij het gebruiken en wat uw rechten zijn. Tijden zijn in "
     "UTC.",
     "Vous avez demandé quelles données à caractère personnel nous traitons à votre sujet (article "
     "15 "
     "du règlement général sur la protection des données, RGPD). La présente lettre y répond pour "
     "nos "
     "envois d'e-mails : ce que nous conservons, d'où cela vient, à quoi cela sert et quels sont "
     "vos "
     "droits. Les heures sont en UTC.",
     "Sie haben gefragt, welche personenbezogenen Daten wir über Sie verarbeiten (Artikel 15 der "
     "Datenschutz-Grundverordnung, DSGVO). Dieser Brief ist die Antwort für unsere "
     "E-Mail-Aussendungen: "
     "was wir speichern, woher es kommt, wofür wir es verwenden und welche Rechte Sie haben. "
     "Zeitangaben sind in UTC."},
    // who
    {"Who we are", "Wie wij zijn", "Qui nous sommes", "Wer wir sind"},
    // who_controller
    {"Responsible for the processing (controller): {}", "Verwerkingsverantwoordelijke: {}",
     "Responsable du traitement : {}", "Verantwortlich für die Verarbeitung: {}"},
    // who_contact
    {"Questions, and the use of your rights: {}", "Vragen, en het uitoefenen van uw rechten: {}",
     "Questions et exercice de vos droits : {}", "Fragen, und Ausübung Ihrer Rechte: {}"},
    // who_dpo
    {"Data protection officer: {}", "Functionaris voor gegevensbescherming: {}",
     "Délégué à la protection des données : {}", "Datenschutzbeauftragte: {}"},
    // why
    {"What we use your data for, and where it comes from",
     "Waarvoor wij uw gegevens gebruiken, en waar ze vandaan komen",
     "À quoi servent vos données et d'où elles viennent",
     "Wofür wir Ihre Daten verwenden, und woher sie kommen"},
    // why_purposes
    {"Purposes: {}", "Doeleinden: {}", "Finalités : {}", "Zwecke: {}"},
    // why_basis
    {"Legal basis: {}", "Rechtsgrond: {}", "Base juridique : {}", "Rechtsgrundlage: {}"},
    // why_sources
    {"The data comes from the systems with which we send e-mail: {}",
     "De gegevens komen uit de systemen waarmee wij e-mail versturen: {}",
     "Les données proviennent des systèmes avec lesquels nous envoyons des e-mails : {}",
     "Die Daten stammen aus den Systemen, mit denen wir E-Mails versenden: {}"},
    // why_recipients
    {"Also passed on to: {}", "Ook doorgegeven aan: {}", "Également transmises à : {}",
     "Auch weitergegeben an: {}"},
    // why_platforms
    {"Lists of people are sent back to these systems only; section 7 says which.",
     "Lijsten van mensen gaan alleen naar die systemen terug; onderdeel 7 zegt welke.",
     "Des listes de personnes ne sont renvoyées qu'à ces systèmes ; le point 7 indique lesquelles.",
     "Listen von Personen gehen nur an diese Systeme zurück; Abschnitt 7 sagt, welche."},
    // why_no_machine
    {"We keep neither your IP address nor the name of your browser. From both we only note, at the "
     "moment they come in, whether a machine was at work, and of a click a short code of network "
     "and kind of device that can't be turned back.",
     "Wij bewaren noch uw IP-adres, noch de naam van uw browser. Van beide noteren wij bij "
     "binnenkomst alleen of er een machine aan het werk was, en van een klik een korte code van "
     "netwerk en soort apparaat die niet terug te rekenen is.",
     "Nous ne conservons ni votre adresse IP, ni le nom de votre navigateur. Nous n'en notons, à "
     "la "
     "réception, que si une machine était à l'œuvre et, pour un clic, un code court du réseau et "
     "du "
     "type d'appareil qui ne permet pas de revenir en arrière.",
     "Wir speichern weder Ihre IP-Adresse noch den Namen Ihres Browsers. Von beiden vermerken wir "
     "beim "
     "Eingang nur, ob eine Maschine am Werk war, und von einem Klick einen kurzen Code von Netz "
     "und "
     "Art des Geräts, der sich nicht zurückrechnen lässt."},
    // keep
    {"How long we keep it", "Hoe lang wij het bewaren", "Combien de temps nous les conservons",
     "Wie lange wir sie speichern"},
    // keep_events
    {"What you did with our e-mails: {} months.", "Wat u met onze e-mails deed: {} maanden.",
     "Ce que vous avez fait de nos e-mails : {} mois.",
     "Was Sie mit unseren E-Mails taten: {} Monate."},
    // keep_forever
    {"What you did with our e-mails: as long as you are in our list.",
     "Wat u met onze e-mails deed: zolang u in ons bestand staat.",
     "Ce que vous avez fait de nos e-mails : aussi longtemps que vous figurez dans notre fichier.",
     "Was Sie mit unseren E-Mails taten: so lange Sie in unserer Liste stehen."},
    // keep_suppression
    {"That you unsubscribed or objected we remember for good, so that you are not mailed again.",
     "Dat u zich afmeldde of bezwaar maakte, onthouden wij blijvend, zodat u niet opnieuw gemaild "
     "wordt.",
     "Nous retenons durablement que vous vous êtes désinscrit ou opposé, afin de ne plus vous "
     "écrire.",
     "Dass Sie sich abgemeldet oder widersprochen haben, behalten wir auf Dauer, damit Sie nicht "
     "wieder "
     "angeschrieben werden."},
    // data
    {"What we know of you", "Wat wij van u weten", "Ce que nous savons de vous",
     "Was wir von Ihnen wissen"},
    // data_addresses
    {"E-mail address: {}", "E-mailadres: {}", "Adresse e-mail : {}", "E-Mail-Adresse: {}"},
    // data_contact
    {"Number at {}: {}", "Nummer bij {}: {}", "Numéro chez {} : {}", "Nummer bei {}: {}"},
    // data_attributes
    {"Particulars:", "Gegevens:", "Informations :", "Angaben:"},
    // data_no_attributes
    {"We know no particulars of you such as an occupation.",
     "Wij kennen geen verdere gegevens van u, zoals een functie.",
     "Nous ne connaissons pas d'autres informations à votre sujet, telles qu'une fonction.",
     "Weitere Angaben zu Ihnen, etwa eine Funktion, kennen wir nicht."},
    // data_since
    {"{}: {} (since {})", "{}: {} (sinds {})", "{} : {} (depuis le {})", "{}: {} (seit {})"},
    // data_suppressed
    {"You get no mailings: {}, since {}.", "U krijgt geen mailings: {}, sinds {}.",
     "Vous ne recevez pas d'envois : {}, depuis le {}.",
     "Sie erhalten keine Aussendungen: {}, seit {}."},
    // data_suppressed_until
    {"You got no mailings: {}, from {} to {}.", "U kreeg geen mailings: {}, van {} tot {}.",
     "Vous n'avez pas reçu d'envois : {}, du {} au {}.",
     "Sie erhielten keine Aussendungen: {}, von {} bis {}."},
    // events
    {"What you did with our e-mails", "Wat u met onze e-mails deed",
     "Ce que vous avez fait de nos e-mails", "Was Sie mit unseren E-Mails taten"},
    // events_none
    {"We have recorded nothing.", "Wij hebben niets vastgelegd.", "Nous n'avons rien enregistré.",
     "Wir haben nichts aufgezeichnet."},
    // events_counts
    {"{}: {}", "{}: {}", "{} : {}", "{}: {}"},
    // events_span
    {"From {} to {}; each of them is in the annex.",
     "Van {} tot {}; elk ervan staat in de bijlage.", "Du {} au {} ; chacun figure en annexe.",
     "Von {} bis {}; jedes davon steht im Anhang."},
    // score
    {"Your score, and how it is made", "Uw score, en hoe zij tot stand komt",
     "Votre score et la manière dont il est établi", "Ihr Punktestand, und wie er zustande kommt"},
    // score_what
    {"To choose to whom an e-mail, or a call by our sales staff, is of use, we count points. This "
     "is "
     "profiling.",
     "Om te kiezen voor wie een e-mail of een telefoontje van onze verkopers nuttig is, tellen wij "
     "punten. Dit is profilering.",
     "Pour choisir à qui un e-mail, ou un appel de nos vendeurs, est utile, nous comptons des "
     "points. "
     "Il s'agit de profilage.",
     "Um zu wählen, für wen eine E-Mail oder ein Anruf unseres Verkaufs nützlich ist, zählen wir "
     "Punkte. "
     "Das ist Profiling."},
    // score_how
    {"Clicks on links give points: few for general articles, more for comparisons and webinars, "
     "most "
     "for prices and contact. Forms and downloads give points as well; mails left unopened, where "
     "that "
     "can be told, and an unsubscribe take points away. Older points may fade. What a machine did, "
     "such "
     "as a mail filter, does not count.",
     "Klikken op links geven punten: weinig voor algemene artikels, meer voor vergelijkingen en "
     "webinars, "
     "de meeste voor prijzen en contact. Ook formulieren en downloads geven punten; mails die "
     "ongeopend "
     "bleven, als dat te zien is, en een afmelding kosten punten. Oudere punten kunnen vervagen. "
     "Wat een "
     "machine deed, zoals een mailfilter, telt niet.",
     "Les clics sur des liens donnent des points : peu pour des articles généraux, davantage pour "
     "des "
     "comparaisons et des webinaires, le plus pour les prix et le contact. Les formulaires et les "
     "téléchargements en donnent aussi ; les e-mails non ouverts, lorsque cela se constate, et une "
     "désinscription en retirent. Les points anciens peuvent s'estomper. Ce qu'une machine a fait, "
     "telle "
     "qu'un filtre, ne compte pas.",
     "Klicks auf Links geben Punkte: wenige für allgemeine Artikel, mehr für Vergleiche und "
     "Webinare, die "
     "meisten für Preise und Kontakt. Auch Formulare und Downloads geben Punkte; ungeöffnete "
     "E-Mails, wo "
     "das zu erkennen ist, und eine Abmeldung ziehen Punkte ab. Ältere Punkte können verblassen. "
     "Was eine "
     "Maschine tat, etwa ein Mailfilter, zählt nicht."},
    // score_now
    {"Your score on {} is {}. It is the sum of:", "Uw score op {} is {}. Dat is de som van:",
     "Votre score au {} est de {}. C'est la somme de :",
     "Ihr Punktestand am {} ist {}. Er ist die Summe aus:"},
    // score_line
    {"{}: {} points ({} times)", "{}: {} punten ({} keer)", "{} : {} points ({} fois)",
     "{}: {} Punkte ({}-mal)"},
    // score_fit
    {"Besides, we note how well what we know of you fits our offer: {} points.",
     "Daarnaast noteren wij hoe goed wat wij van u weten bij ons aanbod past: {} punten.",
     "Par ailleurs, nous notons dans quelle mesure ce que nous savons de vous correspond à notre "
     "offre : "
     "{} points.",
     "Außerdem vermerken wir, wie gut das, was wir von Ihnen wissen, zu unserem Angebot passt: {} "
     "Punkte."},
    // score_fit_line
    {"{} “{}”: {} points", "{} “{}”: {} punten", "{} « {} » : {} points", "{} „{}“: {} Punkte"},
    // score_no_lines
    {"(nothing that gave or took points)", "(niets dat punten gaf of nam)",
     "(rien qui ait donné ou retiré des points)", "(nichts, das Punkte gab oder nahm)"},
    // score_status
    {"From both follows the group “{}”: engagement level {}, fit {}.",
     "Uit beide volgt de groep “{}”: betrokkenheid niveau {}, profiel {}.",
     "Il en résulte le groupe « {} » : engagement niveau {}, profil {}.",
     "Aus beidem folgt die Gruppe „{}“: Engagement Stufe {}, Profil {}."},
    // score_status_by_rule
    {"The group was given by the rule “{}”, which goes before the points.",
     "De groep volgt uit de regel “{}”, die voor de punten gaat.",
     "Le groupe résulte de la règle « {} », qui prime sur les points.",
     "Die Gruppe folgt aus der Regel „{}“, die den Punkten vorgeht."},
    // score_use
    {"We use the group to choose who gets certain e-mails, or a call.",
     "Wij gebruiken de groep om te kiezen wie bepaalde e-mails of een telefoontje krijgt.",
     "Nous utilisons le groupe pour choisir qui reçoit certains e-mails ou un appel.",
     "Wir verwenden die Gruppe, um zu wählen, wer gewisse E-Mails oder einen Anruf erhält."},
    // score_human
    {"You may ask that a person looks at it, give your view, and contest it.",
     "U mag vragen dat een mens ernaar kijkt, uw standpunt geven en het betwisten.",
     "Vous pouvez demander qu'une personne l'examine, donner votre point de vue et le contester.",
     "Sie können verlangen, dass ein Mensch darauf schaut, Ihren Standpunkt darlegen und es "
     "anfechten."},
    // score_objected
    {"You objected to profiling: no score is made of you.",
     "U maakte bezwaar tegen profilering: er wordt van u geen score gemaakt.",
     "Vous vous êtes opposé au profilage : aucun score n'est établi à votre sujet.",
     "Sie haben dem Profiling widersprochen: von Ihnen wird kein Punktestand gebildet."},
    // lists
    {"Lists that you are in", "Lijsten waarin u staat", "Listes dans lesquelles vous figurez",
     "Listen, in denen Sie stehen"},
    // lists_in
    {"Now: {}", "Nu: {}", "Actuellement : {}", "Jetzt: {}"},
    // lists_none
    {"Now: none.", "Nu: geen.", "Actuellement : aucune.", "Jetzt: keine."},
    // lists_pushed
    {"{}: sent to {} ({}), list {}", "{}: verzonden naar {} ({}), lijst {}",
     "{} : transmis à {} ({}), liste {}", "{}: gesendet an {} ({}), Liste {}"},
    // lists_exported
    {"On {} you were in a count of which lists were made: {}",
     "Op {} stond u in een telling waaruit lijsten werden gemaakt: {}",
     "Le {} vous figuriez dans un calcul dont des listes ont été tirées : {}",
     "Am {} standen Sie in einer Zählung, aus der Listen entstanden: {}"},
    // seen
    {"Who looked at your data", "Wie uw gegevens bekeek", "Qui a consulté vos données",
     "Wer Ihre Daten angesehen hat"},
    // seen_line
    {"Members of our staff, {} times, the last time on {}.",
     "Medewerkers van ons, {} keer, het laatst op {}.",
     "Des membres de notre personnel, {} fois, la dernière fois le {}.",
     "Unsere Beschäftigten, {}-mal, zuletzt am {}."},
    // seen_none
    {"Nobody by name, as far as we have recorded.", "Niemand bij naam, voor zover wij vastlegden.",
     "Personne nommément, pour autant que nous l'ayons enregistré.",
     "Niemand namentlich, so weit wir es aufgezeichnet haben."},
    // rights
    {"Your rights", "Uw rechten", "Vos droits", "Ihre Rechte"},
    // rights_text
    {"You may have your data corrected or erased, have its processing restricted, and receive it "
     "as a "
     "file. Where we rely on your consent you may withdraw it at any time.",
     "U kunt uw gegevens laten verbeteren of wissen, de verwerking laten beperken, en ze als "
     "bestand "
     "krijgen. Waar wij op uw toestemming steunen, kunt u die altijd intrekken.",
     "Vous pouvez faire rectifier ou effacer vos données, en faire limiter le traitement et les "
     "recevoir "
     "sous forme de fichier. Là où nous nous fondons sur votre consentement, vous pouvez le "
     "retirer à "
     "tout moment.",
     "Sie können Ihre Daten berichtigen oder löschen lassen, die Verarbeitung einschränken lassen "
     "und sie "
     "als Datei erhalten. Wo wir uns auf Ihre Einwilligung stützen, können Sie diese jederzeit "
     "widerrufen."},
    // rights_object
    {"You may object to mailings and to profiling for them at any time, without giving a reason: "
     "then "
     "both stop.",
     "U kunt altijd, zonder reden, bezwaar maken tegen mailings en tegen profilering daarvoor: dan "
     "stoppen "
     "beide.",
     "Vous pouvez à tout moment, sans motif, vous opposer aux envois et au profilage qui s'y "
     "rapporte : "
     "tous deux cessent alors.",
     "Sie können jederzeit ohne Angabe von Gründen den Aussendungen und dem Profiling dafür "
     "widersprechen: "
     "dann endet beides."},
    // rights_complain
    {"You may complain to the supervisory authority: {}",
     "U kunt een klacht indienen bij de toezichthouder: {}",
     "Vous pouvez introduire une réclamation auprès de l'autorité de contrôle : {}",
     "Sie können sich bei der Aufsichtsbehörde beschweren: {}"},
    // annex
    {"Annex: everything recorded, by time", "Bijlage: alles wat vastgelegd is, naar tijd",
     "Annexe : tout ce qui est enregistré, par date", "Anhang: alles Aufgezeichnete, nach Zeit"},
    // annex_note
    {"[machine] stands where it was a mail filter or another machine.",
     "[machine] staat waar het een mailfilter of een andere machine was.",
     "[machine] figure là où il s'agissait d'un filtre ou d'une autre machine.",
     "[Maschine] steht, wo es ein Mailfilter oder eine andere Maschine war."},
}};

const InLanguages* kind_words(std::string_view kind) {
  static constexpr Named k_kinds[] = {
      {"sent", {"sent", "verzonden", "envoyé", "gesendet"}},
      {"delivered", {"delivered", "bezorgd", "remis", "zugestellt"}},
      {"deferred", {"delayed", "vertraagd", "différé", "verzögert"}},
      {"dropped", {"not sent", "niet verzonden", "non envoyé", "nicht gesendet"}},
      {"open", {"opened", "geopend", "ouvert", "geöffnet"}},
      {"click", {"clicked", "geklikt", "cliqué", "geklickt"}},
      {"bounce", {"returned", "teruggekomen", "revenu", "zurückgekommen"}},
      {"unsubscribe", {"unsubscribed", "afgemeld", "désinscrit", "abgemeldet"}},
      {"resubscribe", {"subscribed again", "opnieuw aangemeld", "réinscrit", "wieder angemeldet"}},
      {"complaint",
       {"marked as spam", "als spam gemeld", "signalé comme spam", "als Spam gemeldet"}},
      {"reply", {"answered", "beantwoord", "répondu", "beantwortet"}},
      {"page", {"page visited", "pagina bezocht", "page visitée", "Seite besucht"}},
      {"download", {"downloaded", "gedownload", "téléchargé", "heruntergeladen"}},
      {"form", {"form sent", "formulier ingevuld", "formulaire envoyé", "Formular gesendet"}},
      {"webinar", {"webinar", "webinar", "webinaire", "Webinar"}},
      {"signup", {"signed up", "aangemeld", "inscrit", "angemeldet"}},
      {"conversion",
       {"purchase or other goal", "aankoop of ander doel", "achat ou autre objectif",
        "Kauf oder anderes Ziel"}},
      {"address_change",
       {"address changed", "adres gewijzigd", "adresse modifiée", "Adresse geändert"}},
  };
  return find(k_kinds, kind);
}

const InLanguages* rule_words(std::string_view rule) {
  static constexpr Named k_rules[] = {
      {"click.TOFU",
       {"clicks on articles and news", "klikken op artikels en nieuws",
        "clics sur des articles et actualités", "Klicks auf Artikel und Neuigkeiten"}},
      {"click.MOFU",
       {"clicks on comparisons, webinars, cases", "klikken op vergelijkingen, webinars, cases",
        "clics sur des comparaisons, webinaires, cas",
        "Klicks auf Vergleiche, Webinare, Fallstudien"}},
      {"click.BOFU",
       {"clicks on prices, demo, contact", "klikken op prijzen, demo, contact",
        "clics sur les prix, la démo, le contact", "Klicks auf Preise, Demo, Kontakt"}},
      {"open", {"mails opened", "geopende mails", "e-mails ouverts", "geöffnete E-Mails"}},
      {"non_open",
       {"mails not opened", "niet geopende mails", "e-mails non ouverts",
        "nicht geöffnete E-Mails"}},
      {"unsubscribe", {"unsubscribe", "afmelding", "désinscription", "Abmeldung"}},
      {"complaint",
       {"marked as spam", "als spam gemeld", "signalement comme spam", "als Spam gemeldet"}},
      {"page", {"pages visited", "bezochte pagina's", "pages visitées", "besuchte Seiten"}},
      {"download", {"downloads", "downloads", "téléchargements", "Downloads"}},
      {"form", {"forms", "formulieren", "formulaires", "Formulare"}},
      {"contact_form",
       {"contact forms", "contactformulieren", "formulaires de contact", "Kontaktformulare"}},
      {"webinar", {"webinars", "webinars", "webinaires", "Webinare"}},
      {"signup", {"sign-ups", "aanmeldingen", "inscriptions", "Anmeldungen"}},
      {"reply", {"answers", "antwoorden", "réponses", "Antworten"}},
  };
  return find(k_rules, rule);
}

const InLanguages* suppression_reason_words(std::string_view reason) {
  static constexpr Named k_reasons[] = {
      {"manual",
       {"by our own decision", "door ons zelf beslist", "de notre propre décision",
        "durch eigene Entscheidung"}},
      {"unsubscribed", {"unsubscribed", "afgemeld", "désinscription", "abgemeldet"}},
      {"complained",
       {"marked as spam", "als spam gemeld", "signalement comme spam", "als Spam gemeldet"}},
      {"hard bounce",
       {"address does not work", "adres werkt niet", "adresse hors service",
        "Adresse funktioniert nicht"}},
      {"objection",
       {"objection to mailings", "bezwaar tegen mailings", "opposition aux envois",
        "Widerspruch gegen Aussendungen"}},
      {"objection to profiling",
       {"objection to profiling", "bezwaar tegen profilering", "opposition au profilage",
        "Widerspruch gegen Profiling"}},
  };
  return find(k_reasons, reason);
}

const InLanguages& month_words(unsigned month) {
  static constexpr InLanguages k_months[] = {
      {"January", "januari", "janvier", "Januar"},
      {"February", "februari", "février", "Februar"},
      {"March", "maart", "mars", "März"},
      {"April", "april", "avril", "April"},
      {"May", "mei", "mai", "Mai"},
      {"June", "juni", "juin", "Juni"},
      {"July", "juli", "juillet", "Juli"},
      {"August", "augustus", "août", "August"},
      {"September", "september", "septembre", "September"},
      {"October", "oktober", "octobre", "Oktober"},
      {"November", "november", "novembre", "November"},
      {"December", "december", "décembre", "Dezember"},
  };
  return k_months[std::clamp(month, 1U, 12U) - 1];
}

} // namespace mailfunnel
