#include "funnel/vocabulary.hpp"

#include <algorithm>
#include <array>

using namespace std::string_view_literals;

namespace mailfunnel {

namespace {

constexpr std::array k_stage_words{
    // Top of the funnel.
    VocabularyRow{Stage::tofu, "article", "en",
                  "blog/, blogs/, weblog/, blog post, blogpost, article, articles/, news/, "
                  "newsroom/, insights/, insight, story, stories/, magazine/, inspiration/, "
                  "knowledge base, knowledge hub, learning center, press release, press releases, "
                  "announcement, announcements, whats new, what s new, interview, opinion, column, "
                  "thought leadership, price increase, price increases, fun facts, glossary/"},
    VocabularyRow{Stage::tofu, "article", "nl",
                  "blog/*, blogs/, +blog, blogartikel+, artikel, artikels, artikelen/, +artikel, "
                  "nieuws/*, +nieuws, nieuwsbericht+, persbericht+, nieuwsartikel+, actueel/, "
                  "actualiteit/, inspiratie/, verhaal, verhalen/, kennisbank/, kenniscentrum/, "
                  "kennis/, magazine/, +magazine, weetjes, achtergrond, interview, column, opinie, "
                  "prijsstijging+, prijsverhoging+, prijsdaling+, prijzen stijgen, prijzen dalen, "
                  "inspiratiegids+, begrippenlijst"},
    VocabularyRow{Stage::tofu, "article", "fr",
                  "blog/, article, articles/, actualites/, actualite/, actu/, actus/, conseils/, "
                  "inspiration/, inspirations/, magazine/, dossier, dossiers/, communique de "
                  "presse, hausse des prix, nouvelles/, histoire, lexique/, a la une"},
    VocabularyRow{
        Stage::tofu, "article", "de",
        "blog/*, +blog, artikel, beitrag, beitraege, news/, neuigkeiten/, nachrichten/, "
        "aktuelles/, magazin/, +magazin, ratgeber/, +ratgeber, pressemitteilung+, preiserhoehung+, "
        "preissteigerung+, preisanstieg+, preisentwicklung, wissen/, glossar/, inspiration/"},
    VocabularyRow{
        Stage::tofu, "how", "en",
        "^how, ^how to, how to, howto, ^what is, what is, ^what are, ^why, ^# ways, ^# tips, ^# "
        "reasons, ^# things, ^# steps, tips, checklist, checklists, trends, trend, infographic, "
        "infographics, video, videos, podcast, podcasts/, quiz, quizzes, contest, giveaway, "
        "tutorial, best practices, dos and donts, myths, mistakes"},
    VocabularyRow{
        Stage::tofu, "how", "nl",
        "^hoe, ^wat is, ^wat zijn, wat is, ^waarom, ^# tips, ^# manieren, ^# redenen, ^# stappen, "
        "^# fouten, tip, tips, +tips, checklist, checklists, +checklist, trends, +trends, "
        "infographic, infografiek, video, videos, +video, podcast, +podcast, quiz, +quiz, "
        "prijsvraag+, prijsvragen, wedstrijd, winactie, stappenplan, +stappenplan, fabels, mythes"},
    VocabularyRow{Stage::tofu, "how", "fr",
                  "^comment, ^pourquoi, ^qu est ce, qu est ce que, quest ce que, qu est ce qu, c "
                  "est quoi, ^# conseils, ^# astuces, ^# facons, ^# raisons, ^# etapes, astuce, "
                  "astuces, check list, checklist, tendance, tendances, infographie, infographies, "
                  "video, videos, podcast, podcasts, quiz, concours, jeu concours, idees recues"},
    VocabularyRow{Stage::tofu, "how", "de",
                  "^wie, ^was ist, was ist, was sind, ^was bedeutet, ^warum, ^# tipps, ^# gruende, "
                  "^# schritte, ^# fehler, tipp, tipps, +tipps, checkliste, checklisten, "
                  "+checkliste, trends, +trends, infografik, +infografik, video, videos, +video, "
                  "podcast, +podcast, quiz, preisausschreiben, gewinnspiel+, anleitung, mythen"},
    // Middle of the funnel.
    VocabularyRow{
        Stage::mofu, "paper", "en",
        "whitepaper, whitepapers/, white paper, white papers/, ebook, ebooks/, e book, e books/, "
        "guide, guides/, buyers guide, buying guide, handbook, report, reports/, research, survey "
        "results, study, datasheet, data sheet, fact sheet, playbook, toolkit"},
    VocabularyRow{
        Stage::mofu, "paper", "nl",
        "whitepaper, whitepapers/, +whitepaper, e book, e books/, ebook, gids, gidsen, +gids, "
        "handleiding, handleidingen, handboek, +handboek, rapport, rapporten, +rapport, onderzoek, "
        "onderzoeken, +onderzoek, onderzoeksrapport, studie, infofiche, productfiche"},
    VocabularyRow{Stage::mofu, "paper", "fr",
                  "livre blanc, livres blancs/, guide, guides/, rapport, rapports, etude, etudes, "
                  "manuel, fiche technique, fiche produit, fiches produits, dossier technique"},
    VocabularyRow{Stage::mofu, "paper", "de",
                  "whitepaper, whitepapers/, +whitepaper, e book, ebook, leitfaden, +leitfaden, "
                  "handbuch, +handbuch, studie, studien/, +studie, +studien, bericht, berichte, "
                  "+bericht, +report, datenblatt, datenblaetter, kaufberater"},
    VocabularyRow{Stage::mofu, "proof", "en",
                  "=case, =cases, cases/, case study, case studies/, customer case, customer "
                  "cases, use case, use cases, the case of, read the case, =customers, customers/, "
                  "our customers, customer story, customer stories/, customer success story, "
                  "customer success stories/, success story, success stories/, success, "
                  "testimonial, testimonials/, review, reviews, references/, portfolio, awards"},
    VocabularyRow{Stage::mofu, "proof", "nl",
                  "cases/, klantcase+, klantencase+, praktijkcase+, lees de case, bekijk de case, "
                  "case van, de case, praktijkverhaal, praktijkverhalen/, klantverhaal, "
                  "klantverhalen/, klantenverhaal, klantenverhalen/, succesverhaal, "
                  "succesverhalen/, ervaringsverhaal, ervaringsverhalen, referentie+, referentie, "
                  "referenties/, realisaties/, realisatie, ervaringen, klantervaring+, onze "
                  "klanten, klanten aan het woord, getuigenis, getuigenissen/, beoordelingen"},
    VocabularyRow{Stage::mofu, "proof", "fr",
                  "cas client, cas clients/, cas pratique, cas pratiques, etude de cas, etudes de "
                  "cas/, cas d usage, retour d experience, retours d experience/, temoignage, "
                  "temoignages/, references/, reference, realisations/, realisation, histoire de "
                  "reussite, success story, avis clients, avis client, nos clients, ils nous font "
                  "confiance, histoires de reussite, recit client, recits clients"},
    VocabularyRow{Stage::mofu, "proof", "de",
                  "fallstudie, fallstudien/, +fallstudie, fallbeispiel, fallbeispiele, "
                  "anwenderbericht, anwenderberichte, referenz+, referenz, referenzen/, "
                  "kundenstimme, kundenstimmen, kundengeschichte, kundengeschichten/, "
                  "erfolgsgeschichte, erfolgsgeschichten/, erfahrungsbericht, erfahrungsberichte, "
                  "kundenmeinungen, bewertungen, unsere kunden, praxisbeispiel, praxisbeispiele"},
    VocabularyRow{Stage::mofu, "event", "en",
                  "webinar, webinars/, event, events/, workshop, workshops/, training, trainings/, "
                  "masterclass, seminar, seminars/, conference, open day, demo day, course, "
                  "courses/, summit, roundtable, trade show, meetup"},
    VocabularyRow{
        Stage::mofu, "event", "nl",
        "webinar+, webinars/, +webinar, seminar, seminarie, seminaries, evenement, evenementen/, "
        "event, events/, workshop+, workshops/, +workshop, training, trainingen/, +training, "
        "opleiding+, opleidingen/, +opleiding, cursus, cursussen/, +cursus, studiedag, "
        "infosessie+, infosessies, infoavond+, opendeurdag+, open dag, opendeurdagen, kijkdag, "
        "kijkdagen, beurs, vakbeurs, masterclass, kennissessie, rondleiding"},
    VocabularyRow{
        Stage::mofu, "event", "fr",
        "webinaire, webinaires/, webinar, webinars/, evenement, evenements/, atelier, ateliers/, "
        "formation, formations/, seminaire, seminaires, portes ouvertes, porte ouverte, seance d "
        "information, salon, colloque, conference, conferences, journee d etude"},
    VocabularyRow{Stage::mofu, "event", "de",
                  "webinar+, webinare/, +webinar, seminar+, seminare/, +seminar, veranstaltung+, "
                  "veranstaltungen/, +veranstaltung, schulung+, schulungen/, +schulung, "
                  "+schulungen, workshop, workshops/, +workshop, fortbildung, fortbildungen, "
                  "weiterbildung+, lehrgang, hausmesse, messe, fachmesse, tagung, tag der offenen "
                  "tuer, infoabend, informationsveranstaltung"},
    VocabularyRow{
        Stage::mofu, "choose", "en",
        "compare, comparison, comparisons, vs, versus, alternative, alternatives, features, "
        "feature, brochure, brochures, catalogue, catalog, template, templates/, solution, "
        "solutions, product tour, how it works, tour, integrations, product finder, selector"},
    VocabularyRow{
        Stage::mofu, "choose", "nl",
        "vergelijk, vergelijken, vergelijking, vergelijkingen, +vergelijking, +vergelijker, "
        "+vergelijken, functies, functionaliteiten, brochure+, brochures, +brochure, +brochures, "
        "folder, catalogus, +catalogus, sjabloon, sjablonen/, +sjabloon, voorbeeldbrief, "
        "oplossing, oplossingen, +oplossing, +oplossingen, hoe werkt het, hoe het werkt, zo werkt "
        "het, keuzehulp, keuzewijzer, assortiment"},
    VocabularyRow{
        Stage::mofu, "choose", "fr",
        "comparatif, comparatifs, comparer, comparez, comparateur, comparaison, fonctionnalites, "
        "fonctionnalite, brochure, brochures, catalogue, catalogues, modele, modeles, solution, "
        "solutions, comment ca marche, visite guidee, plaquette, depliant"},
    VocabularyRow{
        Stage::mofu, "choose", "de",
        "vergleich+, vergleich, vergleichen, +vergleich, +vergleiche, funktionen, funktion, "
        "funktionsumfang, broschuere, broschueren, +broschuere, +broschueren, prospekt, katalog, "
        "kataloge, +katalog, vorlage, vorlagen/, +vorlage, +vorlagen, loesung, loesungen, "
        "+loesung, +loesungen, so funktioniert, produkttour, musterbrief"},
    // Bottom of the funnel.
    VocabularyRow{Stage::bofu, "price", "en",
                  "price, prices/, pricing/, =plans, plans and pricing, pricing plans, choose a "
                  "plan, choose your plan, price list, quote, request a quote, get a quote, "
                  "=quotes, quotation, ^how much, ^what does, calculator, roi, roi calculator, "
                  "estimate, cost calculator, rates, references on request"},
    VocabularyRow{Stage::bofu, "price", "nl",
                  "prijs, prijs+, prijzen/, +prijs, +prijzen, prijsopgave, prijslijst, tarief+, "
                  "tarief, tarieven/, +tarief, +tarieven, offerte+, offerte, offertes, +offerte, "
                  "+offertes, bereken, berekenen, bereken je, +berekenen, berekening, +berekening, "
                  "calculator, +calculator, rekentool, simulatie, ^wat kost, ^wat kosten, wat "
                  "kost, wat kosten, ^wat zijn de kosten, ^hoeveel kost, ^hoeveel kosten, "
                  "kostprijs, kosten berekenen, bestek aanvragen, +simulator"},
    VocabularyRow{Stage::bofu, "price", "fr",
                  "prix, tarif, tarifs/, tarification, tarifaire, grille tarifaire, devis, demande "
                  "de devis, simulateur, simulation, simulez, calculateur, calculer, calculez, "
                  "estimation, combien coute, ^combien coute, ^quel est le prix, ^quel prix"},
    VocabularyRow{
        Stage::bofu, "price", "de",
        "preis+, preis, preise/, +preis, +preise, tarif+, tarif, tarife/, +tarif, +tarife, "
        "angebot+, angebot, angebote, +angebot, +angebote, kostenvoranschlag, kostenvoranschlaege, "
        "rechner, +rechner, berechnen, konfigurator, +konfigurator, ^was kostet, ^was kosten, was "
        "kostet, ^wie viel kostet, ^wieviel kostet, kosten berechnen"},
    VocabularyRow{
        Stage::bofu, "try", "en",
        "demo, demos, trial, trials, free trial, start free, start for free, try for free, try it "
        "free, try free, try it, try now, get started, sign up, signup, test drive, free sample, "
        "live demo, request a demo, book a demo, watch a demo, ^try"},
    VocabularyRow{
        Stage::bofu, "try", "nl",
        "demo*, demo, demonstratie*, demonstratie, proefperiode+, proefperiode, proefversie+, "
        "proefversie, proefabonnement, proefmaand, proefrit+, proefrit, proefles, proeflessen, "
        "uitproberen, gratis proberen, gratis uitproberen, probeer gratis, gratis testen, probeer "
        "nu, probeer het, ^probeer, aan de slag, gratis staal, gratis stalen, testrit"},
    VocabularyRow{Stage::bofu, "try", "fr",
                  "demo, demos, demonstration, essai, essais, essai gratuit, essayer, essayez, "
                  "demarrer, demarrez, version d essai, periode d essai, tester gratuitement, "
                  "testez gratuitement, commencer gratuitement, echantillon"},
    VocabularyRow{Stage::bofu, "try", "de",
                  "demo*, demo, testversion+, testversion, kostenlos testen, gratis testen, jetzt "
                  "testen, unverbindlich testen, =testen, kostenlos ausprobieren, ausprobieren, "
                  "testzugang, testphase, probeabo, probemonat, probefahrt+, probefahrt, loslegen, "
                  "jetzt starten, kostenlos starten, produktdemo, vorfuehrung"},
    VocabularyRow{Stage::bofu, "talk", "en",
                  "~contact, ~contact us, contact sales, contact our sales, ~get in touch, book, "
                  "book a, book an, book now, book your, schedule a, schedule an, appointment, "
                  "appointments, meeting, book a call, book a meeting, request a call, request a "
                  "callback, call me back, consult, consultation, callback, call back, talk to, "
                  "speak to, speak with, talk with, request information"},
    VocabularyRow{
        Stage::bofu, "talk", "nl",
        "~contact*, ~contact, ~contact op, ~contacteer, ~contacteren, ~contacteer ons, ~neem "
        "contact op, afspraak+, afspraak, afspraken, kennismaken, kennismaking, "
        "kennismakingsgesprek, adviesgesprek, +gesprek, bel mij, bel me, bel ons, bel mij terug, "
        "word gebeld, terugbel+, terugbellen, plan een, plan je, plan nu een, inplannen, maak een "
        "afspraak, boek een, boek je, boek nu, advies op maat, stuur een bericht, stuur ons een "
        "bericht, vraag informatie aan, meer informatie aanvragen"},
    VocabularyRow{Stage::bofu, "talk", "fr",
                  "~contact, ~contacter, ~contactez, ~contactez nous, ~nous contacter, rendez "
                  "vous, prendre rendez vous, prenez rendez vous, rdv, =conseil, demander conseil, "
                  "conseil personnalise, rappel, rappelez moi, etre rappele, faites vous rappeler, "
                  "parler a un, reserver, reservez, demande d information"},
    VocabularyRow{Stage::bofu, "talk", "de",
                  "~kontakt+, ~kontakt, ~kontaktieren, termin*, termin, +termin, termin "
                  "vereinbaren, beratung+, beratung, +beratung, rueckruf+, rueckruf, gespraech, "
                  "+gespraech, sprechen sie mit, anfrage, anfragen, ansprechpartner"},
    VocabularyRow{Stage::bofu, "buy", "en",
                  "buy, buy now, =order, order now, order online, order form, place order, place "
                  "an order, pre order, checkout, cart, shopping cart, add to cart, basket, "
                  "discount, discounts, offer, offers, special offer, special offers, =sale, on "
                  "sale, deal, deals, coupon, voucher, promo code, promo, shop now, =shop, "
                  "purchase, upgrade now, become a member, become a customer, renew"},
    VocabularyRow{
        Stage::bofu, "buy", "nl",
        "koop, kopen, koop nu, bestel+, bestel, bestellen, bestelling, bestellingen, winkelwagen+, "
        "winkelwagen, winkelmand+, winkelmand, korting+, korting, kortingen, +korting, actie, "
        "acties, actiecode, actieprijs, zomeractie, winteractie, lenteactie, herfstactie, "
        "najaarsactie, voorjaarsactie, eindejaarsactie, kortingsactie, spaaractie, aanbieding, "
        "aanbiedingen, +aanbieding, +aanbiedingen, aanbod, uitverkoop, solden, afrekenen, shop nu, "
        "=webshop, lid worden, word lid, klant worden, word klant, promo, promoties, aankoop, "
        "aankopen, aanschaffen, cadeaubon, kortingsbon"},
    VocabularyRow{
        Stage::bofu, "buy", "fr",
        "acheter, achetez, commander, commandez, commande, bon de commande, panier, remise, "
        "remises, offre, offres, offre speciale, offres speciales, promo, promos, promotion, "
        "promotions, code promo, soldes, bon de reduction, reduction, reductions, devenir client, "
        "devenir membre, devenez client, souscrire, souscription, bon d achat, boutique en ligne"},
    VocabularyRow{Stage::bofu, "buy", "de",
                  "kaufen, jetzt kaufen, bestellen, bestell+, bestellung+, bestellung, warenkorb, "
                  "rabatt+, rabatt, rabatte, +rabatt, =aktion, =aktionen, aktionscode, "
                  "sonderaktion, rabattaktion, sommeraktion, herbstaktion, fruehjahrsaktion, "
                  "winteraktion, gutschein+, gutschein, schnaeppchen, kunde werden, mitglied "
                  "werden, zur kasse, =kasse, zum shop, =onlineshop, ausverkauf"},
    // Traps.
    VocabularyRow{
        Stage::untagged, "trap", "en",
        "newsletter, newsletters, =search, in case of, in case, case sensitive, case law, phone "
        "case, in order to, in order, order of, we offer, contact center, contact centers, contact "
        "centre, contact lens, contact lenses, contactless, clinical trial, clinical trials, plan, "
        "video surveillance, video conferencing, video call, video calls, meeting room, meeting "
        "rooms, grand prix, quote of the day, report abuse, report a problem, report a bug, "
        "current events, book club, book review, book reviews, book keeping, comic book, event "
        "log, event driven, blog software, training data, price tag, interest rates, deal with, "
        "customer success, news feed, address book, law and order, court order, pull request"},
    VocabularyRow{
        Stage::untagged, "trap", "nl",
        "nieuwsbrief+, nieuwsbrieven, wie zijn wij, wie zijn we, wie we zijn, wie wij zijn, wie is "
        "wie, wie ben ik, democratie+, demografie+, demonstrant+, contactlenzen, contactlens+, "
        "contactloos, contactloze, bestelwagen+, bestelauto+, bestelbus+, verkoop+, verkopen, "
        "koopwoning+, koopman, prijsuitreiking+, prijswinna+, prijswinne+, nobelprijs+, "
        "hoofdprijs, troostprijs, publieksprijs, literatuurprijs, innovatieprijs, cultuurprijs, "
        "eindejaarsprijs, prijzenkast, prijzengeld, prijzenpot, prijzenregen, in actie, tot actie, "
        "actieplan, functioneringsgesprek+, groepsgesprek, videobewaking, videobellen, vraag en "
        "aanbod, krachttraining, wedstrijdverslag+, aan de beurs, studiebeurs, beurskoers"},
    VocabularyRow{
        Stage::untagged, "trap", "fr",
        "essai clinique, essais cliniques, essai nucleaire, essais nucleaires, plan d acces, plan "
        "du quartier, grand prix, remise des prix, remise en forme, remise a niveau, rappel de "
        "produit, rappel de produits, rappel produit, rappel vaccinal, bureau d etudes, bourse d "
        "etudes, conseil d administration, conseil communal, conseil municipal, commande vocale, "
        "lentilles de contact, a la carte, salon de coiffure, salon de jardin, salon de the, "
        "modele economique, solution saline, video surveillance, point de contact, appel d offres, "
        "appels d offres, prix nobel, prix litteraire, formation politique, information"},
    VocabularyRow{
        Stage::untagged, "trap", "de",
        "demokratie+, demografie+, demographie+, demontage+, kontaktlinse+, kontaktlos, verkauf+, "
        "verkaufen, einkaufen, einkauf+, kaufmann+, kaufmaenn+, kaufhaus, nobelpreis+, hauptpreis, "
        "trostpreis, kulturpreis, innovationspreis, designpreis, foerderpreis, literaturpreis, "
        "umweltpreis, preistraeger+, preisverleihung+, preisgeld, preisgekroent, preisrichter, "
        "tarifvertrag+, tarifverhandlung+, tariflohn+, tarifrecht, tarifkonflikt, rueckrufaktion+, "
        "aufloesung+, abloesung, erloesung, wetterbericht, taschenrechner, grossrechner, "
        "quantenrechner, umschulung, einschulung, videoueberwachung, transaktion, aussprache, "
        "selbstgespraech, angebotsvielfalt, berufsberatung, vergleichsweise, referenzwert"},
};

constexpr std::array k_housekeeping_words{
    VocabularyRow{Stage::none, "leave", "en",
                  "unsubscribe, unsubscribed, unsub, opt out, optout, list unsubscribe, preference "
                  "center, preference centre, email preferences, mail preferences, subscription "
                  "center, manage subscription, manage subscriptions, manage preferences, manage "
                  "your preferences, update your preferences, update profile, update your profile, "
                  "profile center, =preferences, =preference, =subscriptions, =settings, =profile"},
    VocabularyRow{Stage::none, "leave", "nl",
                  "uitschrijven, uitschrijving, uit te schrijven, schrijf je uit, schrijf u uit, "
                  "schrijf uit, afmelden, afmelding, meld je af, meld u af, gegevens wijzigen, "
                  "profiel wijzigen, =voorkeuren, =voorkeur, e mailvoorkeuren, mailvoorkeuren, "
                  "=profiel, =instellingen, =gegevens"},
    VocabularyRow{Stage::none, "leave", "fr",
                  "desabonner, desabonnement, desabonnez, desinscription, desinscrire, "
                  "desinscrivez, =preferences, =preference, =profil, modifier mon profil, gerer "
                  "mes abonnements, gerer mes preferences"},
    VocabularyRow{Stage::none, "leave", "de",
                  "abmelden, abmeldung, newsletterabmeldung, abbestellen, abbestellung, austragen, "
                  "=einstellungen, =einstellung, =profil, profil aendern, profil bearbeiten"},
    VocabularyRow{
        Stage::none, "online", "en",
        "view online, read online, view in browser, view in your browser, view this email, view "
        "email, web version, webversion, online version, view as webpage, mirror page, forward to "
        "a friend, forward to friend, send to a friend, =forward, =share, tell a friend"},
    VocabularyRow{Stage::none, "online", "nl",
                  "webversie, online versie, onlineversie, bekijk online, bekijk in browser, "
                  "bekijk in je browser, bekijk deze mail, bekijk deze e mail, bekijk deze "
                  "nieuwsbrief, lees online, =doorsturen, stuur door, doorsturen naar, =delen"},
    VocabularyRow{Stage::none, "online", "fr",
                  "version en ligne, version web, voir en ligne, lire en ligne, voir dans le "
                  "navigateur, dans votre navigateur, =transferer, transferer a un ami, =partager"},
    VocabularyRow{Stage::none, "online", "de",
                  "online ansicht, onlineansicht, online version, onlineversion, webansicht, im "
                  "browser, =weiterleiten, =weiterempfehlen, =teilen"},
    VocabularyRow{Stage::none, "law", "en",
                  "=privacy, privacy policy, privacy statement, privacy notice, =terms, terms of "
                  "use, terms of service, terms and conditions, =conditions, =disclaimer, =legal, "
                  "=cookie, =cookies, cookie policy, =gdpr, =imprint, =copyright, =accessibility, "
                  "=sitemap, =site map, =compliance, =security policy"},
    VocabularyRow{
        Stage::none, "law", "nl",
        "=privacy+, privacybeleid, privacyverklaring, =voorwaarden, =+voorwaarden, algemene "
        "voorwaarden, =cookie+, cookiebeleid, cookieverklaring, =avg, =colofon, =disclaimer, "
        "=toegankelijkheid, =gebruiksvoorwaarden, =sitemap, klachtenregeling"},
    VocabularyRow{Stage::none, "law", "fr",
                  "=confidentialite, politique de confidentialite, protection des donnees, donnees "
                  "personnelles, =vie privee, mentions legales, mention legale, conditions "
                  "generales, conditions d utilisation, conditions de vente, =cgv, =cgu, =rgpd, "
                  "=cookies, plan de site, plan du site, =accessibilite"},
    VocabularyRow{Stage::none, "law", "de",
                  "=datenschutz+, =datenschutz, datenschutzerklaerung, =impressum, =agb, =agbs, "
                  "=geschaeftsbedingungen, =nutzungsbedingungen, =+bedingungen, "
                  "teilnahmebedingungen, =widerruf+, =widerruf, =dsgvo, =barrierefreiheit, "
                  "=rechtliches, =cookies, =cookie, =sitemap"},
    VocabularyRow{Stage::none, "account", "en",
                  "=login, =log in, =signin, =sign in, =logout, =account, =my account, =password, "
                  "reset password, forgot password"},
    VocabularyRow{Stage::none, "account", "nl",
                  "=inloggen, =aanmelden, =uitloggen, =account, =mijn account, =wachtwoord, "
                  "wachtwoord vergeten"},
    VocabularyRow{Stage::none, "account", "fr",
                  "=connexion, =se connecter, =compte, =mon compte, =espace client, =mot de passe, "
                  "mot de passe oublie"},
    VocabularyRow{
        Stage::none, "account", "de",
        "=anmelden, =einloggen, =konto, =mein konto, =kundenkonto, =passwort, passwort vergessen"},
    VocabularyRow{
        Stage::none, "work", "en",
        "=job, =jobs, =careers, =career, =vacancy, =vacancies, job vacancy, job vacancies, job "
        "offer, job offers, job opening, job openings, work with us, working at, =join us, join "
        "our team, =we are hiring, =internships, =recruitment"},
    VocabularyRow{
        Stage::none, "work", "nl",
        "vacature, vacatures, vacature+, +vacature, +vacatures, =werken bij, werken bij ons, "
        "werken bij, werkenbij, werkenbij+, =jobs, =solliciteren, sollicitatie+, solliciteer, "
        "=stage, =stages, jobaanbieding, jobaanbiedingen, jobaanbod, personeelsadvertentie+"},
    VocabularyRow{Stage::none, "work", "fr",
                  "offre d emploi, offres d emploi, offre demploi, offres demploi, offre emploi, "
                  "offres emploi, =emploi, =emplois, =carriere, =carrieres, =recrutement, "
                  "recrutement, postuler, candidature spontanee, nous rejoindre, rejoignez nous, "
                  "offre de stage, offres de stage, travailler chez"},
    VocabularyRow{Stage::none, "work", "de",
                  "stellenangebot+, stellenangebot, stellenangebote, stellenanzeige+, "
                  "stellenanzeigen, stellenausschreibung+, offene stellen, =karriere, =karriere+, "
                  "jobangebot+, jobangebote, jobboerse, =jobs, bewerbung+, bewerbung, "
                  "ausbildungsplatz+, ausbildungsplaetze, arbeiten bei"},
};

constexpr std::array k_known_sites{
    KnownSite{"*facebook.com", "/events/", Stage::mofu},
    KnownSite{"*facebook.com", "", Stage::none},
    KnownSite{"fb.me", "", Stage::none},
    KnownSite{"*linkedin.com", "/pulse/", Stage::tofu},
    KnownSite{"*linkedin.com", "/events/", Stage::mofu},
    KnownSite{"*linkedin.com", "", Stage::none},
    KnownSite{"lnkd.in", "", Stage::none},
    KnownSite{"twitter.com", "", Stage::none},
    KnownSite{"www.twitter.com", "", Stage::none},
    KnownSite{"x.com", "", Stage::none},
    KnownSite{"www.x.com", "", Stage::none},
    KnownSite{"*instagram.com", "", Stage::none},
    KnownSite{"*pinterest.*", "", Stage::none},
    KnownSite{"*tiktok.com", "", Stage::none},
    KnownSite{"wa.me", "", Stage::none},
    KnownSite{"*whatsapp.com", "", Stage::none},
    KnownSite{"t.me", "", Stage::none},
    KnownSite{"m.me", "", Stage::none},
    KnownSite{"*xing.com", "", Stage::none},
    KnownSite{"*threads.net", "", Stage::none},
    KnownSite{"*snapchat.com", "", Stage::none},
    KnownSite{"bsky.app", "", Stage::none},
    KnownSite{"*addthis.com", "", Stage::none},
    KnownSite{"*youtube.com", "/watch", Stage::tofu},
    KnownSite{"*youtube.com", "/shorts/", Stage::tofu},
    KnownSite{"*youtube.com", "/live/", Stage::tofu},
    KnownSite{"*youtube.com", "/playlist", Stage::tofu},
    KnownSite{"*youtube.com", "", Stage::none},
    KnownSite{"youtu.be", "", Stage::tofu},
    KnownSite{"*vimeo.com", "", Stage::tofu},
    KnownSite{"open.spotify.com", "", Stage::tofu},
    KnownSite{"podcasts.apple.com", "", Stage::tofu},
    KnownSite{"calendly.com", "", Stage::bofu},
    KnownSite{"cal.com", "", Stage::bofu},
    KnownSite{"meetings*.hubspot.com", "", Stage::bofu},
    KnownSite{"bookings.cloud.microsoft", "", Stage::bofu},
    KnownSite{"outlook.office365.com", "/owa/calendar/", Stage::bofu},
    KnownSite{"calendar.app.google", "", Stage::bofu},
    KnownSite{"*.eventbrite.*", "", Stage::mofu},
    KnownSite{"eventbrite.*", "", Stage::mofu},
    KnownSite{"*.gotowebinar.com", "", Stage::mofu},
    KnownSite{"*.livestorm.co", "", Stage::mofu},
    KnownSite{"*zoom.us", "/webinar/", Stage::mofu},
    KnownSite{"event.on24.com", "", Stage::mofu},
    KnownSite{"*trustpilot.com", "/review", Stage::mofu},
    KnownSite{"*g2.com", "/products/", Stage::mofu},
    KnownSite{"*capterra.*", "", Stage::mofu},
};

constexpr std::array k_file_types{
    FileType{"pdf", Stage::mofu},  FileType{"ppt", Stage::mofu},  FileType{"pptx", Stage::mofu},
    FileType{"doc", Stage::mofu},  FileType{"docx", Stage::mofu}, FileType{"xls", Stage::mofu},
    FileType{"xlsx", Stage::mofu}, FileType{"epub", Stage::mofu}, FileType{"mp3", Stage::tofu},
    FileType{"mp4", Stage::tofu},
};

constexpr std::array k_fillers{
    "a"sv,           "aanpassen"sv,   "aendern"sv,    "algemeen"sv,   "allgemein"sv, "allgemeine"sv,
    "algemene"sv,    "all"sv,         "alle"sv,       "and"sv,        "au"sv,        "aux"sv,
    "be"sv,          "beheer"sv,      "beheren"sv,    "bei"sv,        "beleid"sv,    "bij"sv,
    "center"sv,      "centre"sv,      "charter"sv,    "com"sv,        "d"sv,         "das"sv,
    "de"sv,          "der"sv,         "des"sv,        "die"sv,        "du"sv,        "e"sv,
    "edit"sv,        "een"sv,         "erklaerung"sv, "espace"sv,     "gerer"sv,     "hinweise"sv,
    "jouw"sv,        "portal"sv,      "verwalten"sv,  "view"sv,       "wijzig"sv,    "bekijk"sv,
    "change"sv,      "modifier"sv,    "site"sv,       "online"sv,     "email"sv,     "en"sv,
    "et"sv,          "f"sv,           "for"sv,        "form"sv,       "fr"sv,        "from"sv,
    "general"sv,     "generales"sv,   "gestion"sv,    "gratis"sv,     "hier"sv,      "het"sv,
    "i"sv,           "in"sv,          "info"sv,       "je"sv,         "klik"sv,      "l"sv,
    "la"sv,          "le"sv,          "les"sv,        "link"sv,       "list"sv,      "mail"sv,
    "manage"sv,      "mes"sv,         "mijn"sv,       "mon"sv,        "my"sv,        "newsletter"sv,
    "newsletters"sv, "nieuwsbrief"sv, "nl"sv,         "notice"sv,     "nos"sv,       "now"sv,
    "nu"sv,          "of"sv,          "ons"sv,        "onze"sv,       "os"sv,        "our"sv,
    "ou"sv,          "overzicht"sv,   "page"sv,       "pagina"sv,     "policies"sv,  "policy"sv,
    "politique"sv,   "s"sv,           "se"sv,         "seite"sv,      "statement"sv, "the"sv,
    "to"sv,          "u"sv,           "und"sv,        "unsere"sv,     "update"sv,    "url"sv,
    "us"sv,          "use"sv,         "uw"sv,         "verklaring"sv, "von"sv,       "voor"sv,
    "vos"sv,         "votre"sv,       "wijzigen"sv,   "your"sv,       "zu"sv,        "zum"sv,
    "zur"sv,
};
constexpr std::array k_containers{
    "insights"sv,      "inspiratie"sv,  "inspiration"sv, "kennis"sv,   "kennisbank"sv,
    "kenniscentrum"sv, "wissen"sv,      "downloads"sv,   "download"sv, "c"sv,
    "category"sv,      "categorie"sv,   "cms"sv,         "content"sv,  "de"sv,
    "home"sv,          "index"sv,       "info"sv,        "node"sv,     "p"sv,
    "page"sv,          "pages"sv,       "pagina"sv,      "public"sv,   "resource"sv,
    "resources"sv,     "ressource"sv,   "ressources"sv,  "s"sv,        "site"sv,
    "sites"sv,         "start"sv,       "web"sv,         "www"sv,      "english"sv,
    "nederlands"sv,    "francais"sv,    "deutsch"sv,     "belgie"sv,   "belgique"sv,
    "belgium"sv,       "nederland"sv,   "netherlands"sv, "france"sv,   "deutschland"sv,
    "germany"sv,       "oesterreich"sv, "schweiz"sv,     "suisse"sv,   "luxembourg"sv,
};
constexpr std::array k_page_parameters{"a"sv,    "action"sv, "cmd"sv,     "do"sv,       "mode"sv,
                                       "p"sv,    "page"sv,   "pagina"sv,  "pagename"sv, "path"sv,
                                       "q"sv,    "route"sv,  "section"sv, "seite"sv,    "tab"sv,
                                       "task"sv, "view"sv};
constexpr std::array k_service_tags{
    "unsub"sv,        "unsubscribe"sv,    "archive"sv, "profile"sv, "preferences"sv, "forward"sv,
    "webversion"sv,   "view"sv,           "optout"sv,  "mirror"sv,  "abmelden"sv,    "afmelden"sv,
    "uitschrijven"sv, "desinscription"sv, "webview"sv, "browser"sv, "online"sv,      "confirm"sv};
// What "demo", "contact" and other short words may be followed by in one word.
constexpr std::array k_endings{
    "aanvraag"sv,  "aanvragen"sv,   "aanvraagformulier"sv,
    "archief"sv,   "artikel"sv,     "beitrag"sv,
    "beitraege"sv, "bericht"sv,     "berichten"sv,
    "item"sv,      "items"sv,       "overzicht"sv,
    "post"sv,      "posts"sv,       "account"sv,
    "adres"sv,     "anfrage"sv,     "anfragen"sv,
    "anfordern"sv, "aufnahme"sv,    "boeken"sv,
    "buchen"sv,    "buchung"sv,     "call"sv,
    "center"sv,    "code"sv,        "dag"sv,
    "daten"sv,     "form"sv,        "formular"sv,
    "formulier"sv, "gegevens"sv,    "gesprek"sv,
    "gespraech"sv, "les"sv,         "moment"sv,
    "nemen"sv,     "omgeving"sv,    "opname"sv,
    "page"sv,      "pagina"sv,      "persoon"sv,
    "planen"sv,    "plannen"sv,     "seite"sv,
    "sessie"sv,    "session"sv,     "termin"sv,
    "us"sv,        "vereinbaren"sv, "vereinbarung"sv,
    "versie"sv,    "version"sv,     "verzoek"sv,
    "video"sv,     "wunsch"sv,      "zugang"sv,
};

template<typename Table> bool holds(const Table& table, std::string_view word) {
  return std::find(table.begin(), table.end(), word) != table.end();
}

constexpr std::size_t k_shortest_compound = 7;
constexpr std::size_t k_shortest_rest = 3;
constexpr std::size_t k_inflected = 6; // a word as long as this may have a mere ending: "kortingen"

/// "front of three words or more" counts as longer than any phrase.
constexpr std::size_t k_front_letters = 40;

/// ä written as a: "losungen" for "Lösungen".
std::string without_umlauts(std::string_view folded) {
  std::string out;
  for (std::size_t at = 0; at < folded.size(); ++at) {
    out += folded[at];
    const auto pair = folded.substr(at, 2);
    at += pair == "ae" || pair == "oe" || pair == "ue" ? 1 : 0;
  }
  return out;
}

} // namespace

std::span<const VocabularyRow> stage_words() {
  return k_stage_words;
}
std::span<const VocabularyRow> housekeeping_words() {
  return k_housekeeping_words;
}
std::span<const KnownSite> known_sites() {
  return k_known_sites;
}
std::span<const FileType> file_types() {
  return k_file_types;
}
bool is_filler(std::string_view word) {
  return is_digit(word.front()) || holds(k_fillers, word);
}
bool is_container(std::string_view word) {
  return holds(k_containers, word);
}
bool is_page_parameter(std::string_view name) {
  return holds(k_page_parameters, name);
}
bool is_service_tag(std::string_view word) {
  return holds(k_service_tags, word);
}

std::vector<std::string> tag_words(std::string_view text) {
  std::string spaced;
  spaced.reserve(text.size() + 8);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char before = i == 0 ? ' ' : text[i - 1];
    const auto new_case = before >= 'a' && before <= 'z' && c >= 'A' && c <= 'Z';
    const auto number = is_alnum(before) && is_alnum(c) && is_digit(before) != is_digit(c);
    if (new_case || number) {
      spaced += ' ';
    }
    spaced += c;
  }
  return words(spaced);
}

Lexicon::Lexicon(std::span<const VocabularyRow> rows) {
  for (const auto& row : rows) {
    for (const auto marked : split(row.phrases, ',')) {
      add(row, marked);
    }
  }
  for (auto& [word, entries] : m_by_first_word) {
    std::stable_sort(entries.begin(), entries.end(), [&](auto a, auto b) {
      return m_entries[a].words.size() > m_entries[b].words.size();
    });
  }
}

void Lexicon::add(const VocabularyRow& row, std::string_view marked) {
  Entry entry;
  entry.stage = row.stage;
  entry.idea = row.idea;
  bool starts = false, starts_known = false, ends = false;
  const auto take = [&](char mark) {
    switch (mark) {
    case '=':
      return entry.whole = true;
    case '^':
      return entry.front = true;
    case '~':
      return entry.not_in_footer = true;
    case '+':
      return ends = true;
    default:
      return false;
    }
  };
  while (!marked.empty() && take(marked.front())) {
    marked.remove_prefix(1);
  }
  for (; !marked.empty() && "+*/"sv.find(marked.back()) != std::string_view::npos;
       marked.remove_suffix(1)) {
    starts = starts || marked.back() != '/';
    starts_known = starts_known || marked.back() == '*';
    entry.section = entry.section || marked.back() == '/';
  }
  entry.phrase = marked;
  if (row.language == "de" && without_umlauts(marked) != marked) {
    auto plain = entry;
    plain.phrase = without_umlauts(marked);
    index(std::move(plain), starts, starts_known, ends);
  }
  index(std::move(entry), starts, starts_known, ends);
}

void Lexicon::index(Entry entry, bool starts, bool starts_known, bool ends) {
  for (const auto word : split(entry.phrase, ' ')) {
    entry.words.emplace_back(word);
    entry.letters += word.size();
  }
  if (entry.front) {
    entry.letters = k_front_letters;
  }
  const auto id = m_entries.size();
  const auto together = replace_all(entry.phrase, " ", "");
  if (starts) {
    m_starts.emplace(together, Compound{id, starts_known});
  }
  if (ends) {
    m_ends.emplace(together, id);
  }
  m_by_first_word[entry.words.front()].push_back(id);
  const auto several = entry.words.size() > 1;
  m_entries.push_back(entry);
  if (several && together.size() >= 6 && !entry.front) { // "freetrial"
    entry.words = {together};
    m_by_first_word[together].push_back(m_entries.size());
    m_entries.push_back(std::move(entry));
  }
}

namespace {
bool same_word(std::string_view wanted, std::string_view word) {
  return wanted == "#" ? is_digit(word.front()) : wanted == word;
}

bool all_fillers(std::span<const std::string> words) {
  return std::all_of(words.begin(), words.end(), [](const auto& word) { return is_filler(word); });
}
} // namespace

Lexicon::Hit Lexicon::at(std::span<const std::string> words, std::size_t at,
                         bool whole_anywhere) const {
  const auto first = std::string_view(words[at]);
  const auto found = m_by_first_word.find(is_digit(first.front()) ? "#"sv : first);
  if (found != m_by_first_word.end()) {
    for (const auto id : found->second) {
      const auto& entry = m_entries[id];
      const auto count = entry.words.size();
      if (count > words.size() - at || (entry.front && (at != 0 || words.size() < 3))) {
        continue;
      }
      const auto same = std::equal(entry.words.begin() + 1, entry.words.end(),
                                   words.begin() + static_cast<std::ptrdiff_t>(at) + 1, same_word);
      if (same && (!entry.whole || whole_anywhere ||
                   (all_fillers(words.first(at)) && all_fillers(words.subspan(at + count))))) {
        return {&entry, count};
      }
    }
  }
  return compound(first);
}

Lexicon::Hit Lexicon::compound(std::string_view word) const {
  if (word.size() < k_shortest_compound) {
    return {};
  }
  const auto* start = start_of(word);
  if (start != nullptr && start->stage == Stage::untagged) { // a trap
    return {start, 1};
  }
  const auto* end = end_of(word); // the last part says what it is: a Preisvergleich is a comparison
  return end != nullptr ? Hit{end, 1} : Hit{start, start == nullptr ? 0U : 1U};
}

const Lexicon::Entry* Lexicon::start_of(std::string_view word) const {
  for (auto size = word.size() - 1; size >= k_shortest_rest; --size) {
    const auto found = m_starts.find(word.substr(0, size));
    if (found == m_starts.end()) {
      continue;
    }
    const auto& entry = m_entries[found->second.entry];
    const auto rest = word.substr(size);
    const auto fits =
        found->second.known_endings
            ? holds(k_endings, rest) || (rest.front() == 's' && holds(k_endings, rest.substr(1)))
            : rest.size() >= k_shortest_rest || size >= k_inflected ||
                  entry.stage == Stage::untagged;
    if (fits) {
      return &entry;
    }
  }
  return nullptr;
}

const Lexicon::Entry* Lexicon::end_of(std::string_view word) const {
  for (auto at = k_shortest_rest; at + k_shortest_rest <= word.size(); ++at) {
    if (const auto found = m_ends.find(word.substr(at)); found != m_ends.end()) {
      return &m_entries[found->second];
    }
  }
  return nullptr;
}

} // namespace mailfunnel
