#!/usr/bin/env python3
"""Writes the sample world of README.md: contacts, campaigns, and the logs of two e-mail platforms.

    python3 samples/generate.py [--seed N] [--into FOLDER]

The same seed gives the same bytes. What it writes is committed; run it by hand after a change here.
"""

import argparse
import base64
import csv
import gzip
import hashlib
import io
import json
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr
from zoneinfo import ZoneInfo

BRUSSELS = ZoneInfo("Europe/Brussels")
SITE = "https://www.kantoorwijzer.example"
END = datetime(2026, 3, 31, 10, 0, tzinfo=timezone.utc)  # the logs were saved then


def at(text):
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=BRUSSELS).astimezone(timezone.utc)


# ---- the mailings ----------------------------------------------------------------------------------

T, M, B, N = "TOFU", "MOFU", "BOFU", "NONE"  # what a reader would call them; the program finds out by itself


class Mailing:
    def __init__(self, account, id, name, subject, sent, sender, group, links, service):
        self.account, self.id, self.name, self.subject = account, id, name, subject
        self.sent, self.sender, self.group = at(sent), sender, group
        self.links, self.service = links, service  # (stage, path, text[, alias])

    def url(self, path):
        if not path.startswith("/"):
            return path
        return f"{SITE}{path}?utm_source={self.group}&utm_medium=email&utm_campaign={self.name.split(' ')[0]}"


def service(leave, web, privacy):
    return [(N, leave[0], leave[1]), (N, web[0], web[1]), (N, privacy[0], privacy[1]),
            (N, "https://www.linkedin.com/company/kantoorwijzer-example", "LinkedIn"), (N, "mailto:hallo@kantoorwijzer.example", "hallo@kantoorwijzer.example")]


NL = Mailing(
    "kantoorwijzer", "7d1e5a3c-0b1f-11f1-9a52-2a6f1c0d9b11", "nb-nl-2026-01 Nieuwsbrief januari", "Peppol is er: wat verandert er voor u?",
    "2026-01-20 10:00", ("Kantoorwijzer", "nieuws@kantoorwijzer.example"), "nieuwsbrief", [
        (T, "/nl/blog/peppol-wat-verandert-er", "Peppol: wat verandert er voor u?"),
        (T, "/nl/blog/5-fouten-in-e-facturen", "Vijf fouten in e-facturen"),
        (T, "/nl/video/uw-eerste-e-factuur", "Kijk mee: uw eerste e-factuur"),
        (T, "/nl/nieuws/helpdesk-langer-open", "Onze helpdesk is langer open"),
        (T, "/nl/peppol", "Alles over Peppol"),
        (M, "/nl/whitepapers/e-facturatie-voor-kmo", "Download de whitepaper"),
        (M, "/nl/klantverhalen/bakkerij-peeters", "Bakkerij Peeters vertelt"),
        (M, "/nl/webinars/peppol-in-30-minuten", "Schrijf u in voor het webinar"),
        (B, "/nl/prijzen", "Bekijk de prijzen"),
        (B, "/nl/demo", "Vraag een demo aan"),
        (B, "/nl/startpakket", "Naar het startpakket"),
    ], service(("/nl/uitschrijven", "Uitschrijven"), ("/nl/mail/webversie/nb-2026-01", "Bekijk deze mail online"), ("/nl/privacy", "Privacy")))

FR = Mailing(
    "kantoorwijzer", "9f40c6de-0cb2-11f1-8c07-6e1b4f2a7733", "nb-fr-2026-02 Lettre d'information février", "Peppol est là : ce qui change pour vous",
    "2026-02-03 10:00", ("Kantoorwijzer", "info@kantoorwijzer.example"), "nieuwsbrief", [
        (T, "/fr/blog/peppol-ce-qui-change", "Peppol : ce qui change pour vous"),
        (T, "/fr/blog/5-erreurs-dans-vos-factures", "Cinq erreurs dans vos factures"),
        (T, "/fr/actualites/helpdesk-en-francais", "Notre helpdesk en français"),
        (T, "/fr/peppol", "Tout sur Peppol"),
        (M, "/fr/livres-blancs/facturation-electronique-pme", "Téléchargez le livre blanc"),
        (M, "/fr/temoignages/menuiserie-lambert", "Le témoignage de la menuiserie Lambert"),
        (M, "/fr/webinaires/peppol-en-30-minutes", "Inscrivez-vous au webinaire"),
        (B, "/fr/tarifs", "Voir les tarifs"),
        (B, "/fr/demo", "Demandez une démo"),
        (B, "/fr/pack-de-demarrage", "Vers le pack de démarrage"),
    ], service(("/fr/desinscription", "Se désinscrire"), ("/fr/mail/version-en-ligne/nb-2026-02", "Voir en ligne"), ("/fr/confidentialite", "Confidentialité")))

EN = Mailing(
    "kantoorwijzer", "c2b8e790-12f6-11f1-b3d4-0c9a8e5d4410", "product-en-2026-03 Product mailing March", "New: your Peppol inbox",
    "2026-03-03 09:30", ("Kantoorwijzer Product", "product@kantoorwijzer.example"), "product", [
        (T, "/en/blog/what-is-a-peppol-inbox", "What is a Peppol inbox?"),
        (T, "/en/podcast/episode-12", "Podcast: paperless in ninety days"),
        (T, "/en/releases/2026-1", "Everything in release 2026.1"),
        (M, "/en/features/peppol-inbox", "See how it works"),
        (M, "/en/integrations", "Works with your bookkeeping"),
        (M, "/en/case-studies/lambert-joinery", "Case study: Lambert Joinery"),
        (B, "/en/pricing", "Plans and pricing"),
        (B, "/en/demo", "Book a demo"),
        (B, "/en/upgrade", "Upgrade your account"),
    ], service(("/en/unsubscribe", "Unsubscribe"), ("/en/mail/view-online/product-2026-03", "View online"), ("/en/privacy", "Privacy")))

MC = Mailing(
    "nieuwsbrief", "4f1c9e72ab", "boekhoudbrief-2026-03 De Boekhoudbrief maart", "De btw-kalender, en een tool minder",
    "2026-03-12 11:00", ("Kantoorwijzer voor boekhouders", "boekhouders@kantoorwijzer.example"), "boekhoudbrief", [
        (T, "/nl/blog/btw-kalender-2026", "De btw-kalender van 2026"),
        (T, "/nl/blog/klanten-op-peppol-krijgen", "Zo krijgt u klanten op Peppol"),
        (T, "/nl/checklists/kwartaalafsluiting", "Checklist: het kwartaal afsluiten"),
        (M, "/nl/opleidingen/peppol-voor-kantoren", "Volg de opleiding"),
        (M, "/nl/klantverhalen/kantoor-de-ridder", "Hoe kantoor De Ridder het doet"),
        (M, "/nl/vergelijking/pakketten-voor-kantoren", "Vergelijk de pakketten"),
        (B, "/nl/prijzen/kantoren", "Prijzen voor kantoren"),
        (B, "/nl/afspraak", "Maak een afspraak"),
        (B, "/nl/partner-worden", "Partner worden"),
    ], service(("https://kantoorwijzer.example.list-manage.example/unsubscribe?u=1f2e&id=77", "Uitschrijven"), ("/nl/mail/webversie/boekhoudbrief-03", "Bekijk in de browser"), ("/nl/privacy", "Privacy")))

# ---- the people ------------------------------------------------------------------------------------

FIRST = {
    "nl": "An Bart Bram Els Eva Dirk Geert Griet Hanne Ilse Jan Jeroen Joke Karel Kris Lien Lies Luc Maarten Mieke Nele Pieter Rik Ruben Sofie Stijn Tine Tom Veerle Wim".split(),
    "fr": "Alain Amélie Benoît Camille Céline Chloé Didier Élise Fabrice François Hélène Julien Laurence Lucie Marc Maxime Nathalie Olivier Pascal Sophie Thierry Valérie".split(),
    "en": "Adam Alice Daniel Emma Fiona George Hannah Ian Kate Liam Mark Nora Oscar Paula Rachel Simon".split(),
}
LAST = {
    "nl": "Aerts Claes Cools Coppens De-Backer De-Smet Declercq Goossens Hendrickx Hermans Jacobs Janssens Lemmens Maes Martens Mertens Michiels Peeters Segers Smets Thijs Van-Damme Vandenberghe Vermeulen Wouters Willems".split(),
    "fr": "Bertrand Bodart Carlier Charlier Collard Dubois Dumont Dupont Etienne Fontaine Gérard Gilles Lambert Laurent Lejeune Leroy Marchal Mathieu Noël Petit Renard Simon Thomas".split(),
    "en": "Baker Clarke Cooper Evans Foster Gray Harris Hughes King Moore Parker Reed Scott Turner Walsh Young".split(),
}
TITLES = {  # (share, title)
    "nl": [(6, "Zaakvoerder"), (3, "Directeur"), (2, "Eigenaar"), (2, "CEO"), (9, "Office manager"), (7, "Hoofd administratie"), (5, "IT-manager"), (4, "Financieel manager"),
           (14, "Administratief medewerker"), (10, "Boekhouder"), (7, "Projectmedewerker"), (6, "Marketing specialist"), (5, "Receptionist"), (5, "Verkoper"), (2, "Stagiair boekhouding"),
           (1, "Hoofd studentenadministratie"), (7, "")],
    "fr": [(6, "Gérant"), (3, "Directrice"), (2, "Administrateur délégué"), (1, "CEO"), (7, "Responsable administratif"), (6, "Office manager"), (5, "Chef comptable"), (12, "Assistante administrative"),
           (10, "Comptable"), (8, "Employé"), (6, "Spécialiste marketing"), (5, "Commercial"), (2, "Stagiaire"), (8, "")],
    "en": [(6, "Owner"), (4, "Managing director"), (3, "CFO"), (7, "Office manager"), (7, "IT manager"), (6, "Head of finance"), (12, "Accountant"), (10, "Administrator"), (8, "Consultant"),
           (6, "Marketing specialist"), (2, "Intern, finance"), (7, "")],
    "boekhouder": [(7, "Zaakvoerder"), (4, "Vennoot"), (34, "Boekhouder"), (16, "Fiscalist"), (12, "Dossierbeheerder"), (7, "Kantoormanager"), (6, "Stagiair ITAA"), (8, "Medewerker"), (5, "")],
}
COMPANIES = {
    "nl": ("Bakkerij Bouwwerken Drukkerij Garage Groothandel Installaties Interieur Schrijnwerkerij Transport Tuinen Verzekeringen Dakwerken".split(), "BE"),
    "fr": ("Menuiserie Garage Imprimerie Boulangerie Toitures Grossiste Transports Assurances Jardins Installations".split(), "BE"),
    "en": ("Logistics Trading Consulting Design Travel Foods Software".split(), None),
}
INDUSTRY = {
    "bakkerij": "food", "boulangerie": "food", "foods": "food", "bouwwerken": "construction", "dakwerken": "construction", "toitures": "construction", "schrijnwerkerij": "construction",
    "menuiserie": "construction", "installaties": "construction", "installations": "construction", "interieur": "construction", "drukkerij": "printing", "imprimerie": "printing", "garage": "automotive",
    "groothandel": "wholesale", "grossiste": "wholesale", "trading": "wholesale", "transport": "logistics", "transports": "logistics", "logistics": "logistics", "tuinen": "landscaping",
    "jardins": "landscaping", "verzekeringen": "insurance", "assurances": "insurance", "consulting": "consulting", "design": "consulting", "travel": "travel", "software": "it",
}


def slug(text):
    plain = text.lower()
    for accent, letter in zip("àâäçéèêëîïôöùûü", "aaaceeeeiioouuu"):
        plain = plain.replace(accent, letter)
    return "".join(c if c.isalnum() else "-" for c in plain)


class Person:
    def __init__(self, email, language, title, employees, industry, country):
        self.email, self.language, self.title = email, language, title
        self.employees, self.industry, self.country = employees, industry, country
        self.known = True  # in contacts.csv
        self.interest = 0
        self.reader = ""  # what the person reads mail with
        self.gone = None  # (since, why): what SendGrid keeps of them
        self.lists = set()


class World:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.people = []
        self.taken = set()
        self.events = []  # SendGrid's, as (time, dict)
        self.opens, self.clicks = [], []  # Mailchimp's, as (time, network, email[, url])
        self.left = {}  # email -> (time, mailing) of who left at Mailchimp
        self.number = 0
        self.gateway = ""  # domain of the firm that has one

    def pick(self, weighted):
        return self.random.choices([value for _, value in weighted], [weight for weight, _ in weighted])[0]

    # ---- who there is ----

    def add(self, email, *rest):
        if email in self.taken:
            return None
        self.taken.add(email)
        person = Person(email, *rest)
        self.people.append(person)
        return person

    def name(self, language):
        r = self.random
        return slug(r.choice(FIRST[language])), slug(r.choice(LAST[language])).replace("-", "")

    def staff_a_company(self, language, titles, most):
        r = self.random
        words, country = COMPANIES[language]
        kind, owner = r.choice(words), r.choice(LAST[language])
        domain = f"{slug(kind)}-{slug(owner).replace('-', '')}.example"
        employees = self.pick([(28, r.randint(2, 9)), (44, r.randint(10, 49)), (22, r.randint(50, 249)), (6, r.randint(250, 900))])
        where = country if country and r.random() < 0.9 else r.choice(["NL", "LU", "FR", "DE", "IE", "NL"])
        for _ in range(r.randint(1, most)):
            first, last = self.name(language)
            person = self.add(f"{first}.{last}@{domain}", language, self.pick(TITLES[titles]), employees, INDUSTRY[slug(kind)], where)
            if person:
                yield person

    def settle(self):
        r = self.random
        for language, count in (("nl", 200), ("fr", 102), ("en", 54)):
            made = 0
            while made < count:
                for person in self.staff_a_company(language, language, 4):
                    made += 1
                    person.lists |= {"nb-" + language if language != "en" else "product"}
                    if language != "en" and r.random() < 0.62:
                        person.lists.add("product")
        for i in range(126):  # bookkeepers, of the list at Mailchimp
            first, last = self.name("nl")
            office = r.choice(["kantoor", "fiscalis", "boekhouding", "accountants"])
            person = self.add(f"{first}.{last}@{office}-{slug(r.choice(LAST['nl'])).replace('-', '')}.example", "nl", self.pick(TITLES["boekhouder"]), self.pick([(70, r.randint(2, 9)), (26, r.randint(10, 49)), (4, r.randint(50, 120))]), "accountancy", "BE")
            if person:
                person.lists.add("boekhoudbrief")
        for email, title in (("lotte.claes@hogeschool-noord.example", "Student"), ("jonas.maes@hogeschool-noord.example", "Student bedrijfsbeheer"), ("manon.dubois@haute-ecole.example", "Étudiante"),
                             ("nina.thijs@postbus.example", "Studente boekhouden")):
            language = "fr" if "ecole" in email else "nl"
            self.add(email, language, title, "", "education", "BE").lists |= {"nb-" + language, "product"}
        for i in range(10):  # private mailboxes
            first, last = self.name("nl" if i % 3 else "fr")
            language = "nl" if i % 3 else "fr"
            person = self.add(f"{first}.{last}{r.randint(60, 99)}@{'postbus' if i % 3 else 'courriel'}.example", language, self.pick(TITLES[language]), "", "", "BE")
            person.lists |= {"nb-" + language}
        for email in ("tom.willems@kantoorwijzer.example", "sofie.maes@kantoorwijzer.example", "marketing@kantoorwijzer.example"):  # colleagues on their own lists
            self.add(email, "nl", "Marketing manager", 34, "it", "BE").lists |= {"nb-nl", "nb-fr", "product"}
        for i in range(11):  # subscribed after the contacts were exported
            language = "fr" if i % 4 == 0 else "nl"
            first, last = self.name(language)
            person = self.add(f"{first}.{last}@nieuw-{i + 1}.example", language, "", "", "", "")
            person.lists |= {"nb-" + language, "product"}
            person.known = False
        both = [p for p in self.people if "boekhoudbrief" in p.lists][::50]
        for person in both[:3]:  # on the lists of both platforms
            person.lists |= {"nb-nl", "product"}
        for person in self.people:
            decides = any(word in person.title for word in ("Zaakvoerder", "Directeur", "Eigenaar", "CEO", "Gérant", "Directrice", "Owner", "director", "Vennoot", "manager", "Hoofd", "Responsable"))
            person.interest = self.pick([(44, 0), (31, 1), (16, 2), (6, 3), (4, 4)] if decides else [(47, 0), (33, 1), (15, 2), (3.4, 3), (1.6, 4)])
            person.reader = self.pick([(38, "outlook"), (20, "gmail"), (18, "apple"), (14, "phone"), (10, "blocked")])
        self.gateway = next(p.email.split("@")[1] for p in self.people if sum(q.email.split("@")[1] == p.email.split("@")[1] for q in self.people) == 4 and "nb-nl" in p.lists)
        self.find("lotte.claes@hogeschool-noord.example").interest = 4  # writes a thesis about it
        both[2].interest, both[2].reader = 3, "outlook"  # on both lists, and reads both
        self.find("tom.willems@kantoorwijzer.example").interest = 4  # clicks everything he sends

    def find(self, email):
        return next(p for p in self.people if p.email == email)

    # ---- what they do with a mail ----

    def delay(self, median_hours):
        return timedelta(seconds=int(min(self.random.lognormvariate(0, 1.4) * median_hours * 3600, 28 * 86400)))

    def awake(self, time):
        """Not at night: then it is read in the morning."""
        hour = time.astimezone(BRUSSELS).hour
        if 6 <= hour < 23:
            return time
        return time + timedelta(hours=(31 - hour) % 24, minutes=self.random.randint(0, 90))

    def reading(self, person, mailing, delivered):
        """The moments at which the person opens it, and (time, path) of clicks."""
        r, interest = self.random, person.interest
        if r.random() > (0.13, 0.55, 0.8, 0.93, 0.97)[interest]:
            return [], []
        opened = self.awake(delivered + self.delay(3))
        opens, clicks = [opened], []
        while r.random() < 0.22:
            opens.append(self.awake(opens[-1] + self.delay(9)))
        chance = {T: (0.03, 0.1, 0.27, 0.3, 0.28), M: (0.0, 0.02, 0.16, 0.34, 0.36), B: (0.0, 0.003, 0.07, 0.24, 0.52)}
        when = opened
        for position, (stage, path, _) in enumerate(mailing.links):
            if r.random() < chance[stage][interest] * (1.2 - 0.04 * position):
                when += timedelta(seconds=r.randint(15, 160))
                clicks.append((when, path))
                if r.random() < 0.16:  # once more: at once, or when it is shown to a colleague
                    clicks.append((when + (timedelta(seconds=r.randint(2, 20)) if r.random() < 0.6 else self.delay(20)), path))
                    clicks[-1] = (self.awake(clicks[-1][0]), path)
        if r.random() < 0.02:
            clicks.append((when + timedelta(seconds=r.randint(5, 60)), r.choice(mailing.service[1:3])[1]))
        return opens, clicks

    def network(self, person, proxy=False):
        """Addresses of documentation only: RFC 5737 and RFC 3849."""
        digest = hashlib.sha256(person.email.split("@")[1].encode()).digest()
        if proxy:
            return f"203.0.113.{digest[0] % 60 + 1}"
        if digest[1] % 3 == 0:
            return f"{'192.0.2' if digest[2] % 2 else '198.51.100'}.{digest[0] % 250 + 1}"
        return f"2001:db8:{digest[2]:x}{digest[3]:02x}::{digest[4]:x}"

    AGENTS = {
        "outlook": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36",
        "gmail": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36",
        "apple": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.2 Mobile/15E148 Safari/604.1",
        "phone": "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Mobile Safari/537.36",
        "blocked": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:146.0) Gecko/20100101 Firefox/146.0",
        "image proxy": "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        "privacy proxy": "Mozilla/5.0",
        "gateway": "Go-http-client/2.0",
    }

    # ---- SendGrid ----

    def put(self, time, person, mailing, event, **more):
        """One event of the webhook."""
        if time > END:
            return
        self.number += 1
        message = hashlib.sha256(f"{mailing.id}/{person.email}".encode()).digest()
        out = {"email": person.email, "timestamp": int(time.timestamp()), "event": event, "category": [mailing.group],
               "sg_event_id": base64.urlsafe_b64encode(hashlib.sha256(f"{self.number}/{event}".encode()).digest()[:16]).decode().rstrip("="),
               "sg_message_id": base64.urlsafe_b64encode(message[:12]).decode() + ".recvd-6b8f7c9d4-7xk2p-1-%02X.0" % message[12],
               "singlesend_id": mailing.id, "singlesend_name": mailing.name}
        out.update(more)
        self.events.append((time, out))

    def send(self, mailing):
        r = self.random
        wanted = {NL: "nb-nl", FR: "nb-fr", EN: "product"}[mailing]
        moment = mailing.sent
        for person in [p for p in self.people if wanted in p.lists]:
            moment += timedelta(seconds=r.random() * 1.5)
            if person.gone:
                self.put(moment, person, mailing, "dropped", reason=person.gone)
                continue
            self.put(moment, person, mailing, "processed")
            arrived = moment + timedelta(seconds=r.randint(1, 9))
            fate = r.random()
            if fate < 0.018:
                self.put(arrived, person, mailing, "bounce", type="bounce", status="5.1.1", reason="550 5.1.1 The email account that you tried to reach does not exist", bounce_classification="Invalid Address")
                person.gone = "Bounced Address"
                continue
            if fate < 0.03:
                self.put(arrived, person, mailing, "deferred", response="452 4.2.2 The mailbox is over its quota", attempt="1")
                self.put(arrived + timedelta(hours=26), person, mailing, "bounce", type="blocked", status="4.2.2", reason="452 4.2.2 The mailbox is over its quota", bounce_classification="Mailbox Unavailable")
                continue
            if fate < 0.05:
                self.put(arrived, person, mailing, "deferred", response="451 4.7.1 Greylisted, please try again in 300 seconds", attempt="1")
                arrived += timedelta(seconds=r.randint(310, 900))
            self.put(arrived, person, mailing, "delivered", response="250 2.0.0 OK", tls=1)
            self.read_sendgrid(person, mailing, arrived)

    def read_sendgrid(self, person, mailing, arrived):
        r = self.random
        if person.email.endswith("@" + self.gateway):  # the mail gateway of this firm tries every link
            for i, (_, path, _) in enumerate(mailing.links + mailing.service[:3]):
                self.put(arrived + timedelta(seconds=4 + i // 4), person, mailing, "click", url=mailing.url(path), url_offset={"index": i, "type": "html"}, useragent=self.AGENTS["gateway"], ip="198.51.100.77")
        if person.reader == "apple":  # fetched by the relay, read or not
            self.put(arrived + self.delay(0.4), person, mailing, "open", sg_machine_open=True, useragent=self.AGENTS["privacy proxy"], ip=f"203.0.113.{r.randint(100, 140)}", sg_content_type="html")
        opens, clicks = self.reading(person, mailing, arrived)
        if person.reader not in ("apple", "blocked"):
            agent = self.AGENTS["image proxy" if person.reader == "gmail" else person.reader]
            for when in opens:
                self.put(when, person, mailing, "open", sg_machine_open=False, useragent=agent, ip=self.network(person, person.reader == "gmail"), sg_content_type="html")
        paths = [link[1] for link in mailing.links + mailing.service]
        for when, path in clicks:
            self.put(when, person, mailing, "click", url=mailing.url(path), url_offset={"index": paths.index(path), "type": "html"}, useragent=self.AGENTS[person.reader], ip=self.network(person))
        if opens and r.random() < (0.055 if person.interest < 2 else 0.012):
            left = opens[-1] + timedelta(seconds=r.randint(20, 90))
            if r.random() < 0.5:
                self.put(left, person, mailing, "unsubscribe")
            else:
                self.put(left, person, mailing, "group_unsubscribe", asm_group_id=18231, useragent=self.AGENTS[person.reader], ip=self.network(person), url=f"{SITE}/nl/uitschrijven")
            person.gone = "Unsubscribed Address"

    def more_at_sendgrid(self):
        """A complaint, and a bounce that comes late: without message id and campaign, as SendGrid sends them."""
        readers = [e for t, e in self.events if e["event"] == "delivered" and e["singlesend_id"] == EN.id]
        unhappy = next(e for e in readers if self.find(e["email"]).interest == 0)
        self.put(datetime.fromtimestamp(unhappy["timestamp"], timezone.utc) + timedelta(hours=7), self.find(unhappy["email"]), EN, "spamreport")
        late = next(e for e in reversed(readers) if self.find(e["email"]).interest == 0)
        self.put(at("2026-03-05 04:12"), self.find(late["email"]), EN, "bounce", type="bounce", status="5.0.0", reason="550 No such user here", sg_message_id="")
        for name in ("singlesend_id", "singlesend_name", "category"):
            self.events[-1][1].pop(name)

    # ---- Mailchimp ----

    def send_mailchimp(self):
        r = self.random
        for person in [p for p in self.people if "boekhoudbrief" in p.lists]:
            delivered = MC.sent + timedelta(seconds=r.randint(5, 400))
            fate = r.random()
            if fate < 0.02:
                self.left[person.email] = ("cleaned", delivered)
                continue
            opens, clicks = self.reading(person, MC, delivered)
            if person.reader != "blocked":
                self.opens += [(when, self.network(person), person.email) for when in opens if when < END]
            self.clicks += [(when, self.network(person), person.email, MC.url(path) + f"&mc_cid={MC.id}&mc_eid=UNIQID") for when, path in clicks if when < END and path.startswith("/")]
            if opens and r.random() < 0.05:
                self.left[person.email] = ("unsubscribed", min(opens[-1] + timedelta(seconds=r.randint(20, 90)), END))


# ---- files -----------------------------------------------------------------------------------------


def lines(events):
    return [json.dumps(event, ensure_ascii=False, separators=(",", ":")) for _, event in events]


def local(time):
    return time.astimezone(BRUSSELS).strftime("%Y-%m-%d %H:%M:%S")


def utc(time):
    return time.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def table(header, rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().splitlines()


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    data = ("\n".join(rows) + "\n").encode()
    if path.suffix == ".gz":
        with open(path, "wb") as file, gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0) as packed:
            packed.write(data)
    else:
        path.write_bytes(data)


def write_sendgrid(world, folder):
    events = sorted(world.events, key=lambda e: (e[1]["timestamp"], e[1]["email"], e[1]["sg_event_id"]))
    month = {m: [e for e in events if e[0].astimezone(BRUSSELS).month == m] for m in (1, 2, 3)}
    january, february, march = (lines(month[m]) for m in (1, 2, 3))
    for place in (40, 41, 300, 512):  # a retry, as it came
        january.insert(place + 3, january[place])
    february.insert(100, february[99][:118])  # the disk was full
    february.insert(200, '{"timestamp":1770194700,"event":"open","sg_event_id":"bm9ib2R5","useragent":"Mozilla/5.0 (Windows NT 10.0)","ip":"192.0.2.9"}')
    march.insert(80, "webhook: 200 OK, 768 kB")  # of the program that saved them
    march.insert(90, '{"email":"an.maes@bakkerij-aerts.example","timestamp":"2026-02-31T09:00:00Z","event":"open","sg_event_id":"MzEgZmVi","sg_message_id":"x.0"}')
    write(folder / "events-2026-01.ndjson.gz", january)
    write(folder / "events-2026-02.ndjson", february)
    write(folder / "events-2026-03.ndjson.gz", march)
    # One body as the webhook posts it: some events that the log of March has too, under other ids, and a resubscribe of a topic.
    again = [dict(event) for _, event in month[3][-12:]]
    for i, event in enumerate(again):
        event["sg_event_id"] = base64.urlsafe_b64encode(b"retry-%02d" % i).decode().rstrip("=")
    left = next(e for t, e in events if e["event"] == "group_unsubscribe")
    again.append({"email": left["email"], "timestamp": int(at("2026-03-24 16:20").timestamp()), "event": "group_resubscribe", "asm_group_id": 18231, "sg_event_id": "cmVzdWI", "sg_message_id": ""})
    body = "[" + ",\n ".join(json.dumps(e, ensure_ascii=False, separators=(",", ":")) for e in again) + "]"
    write(folder / "webhook-body.json", [body])


def write_mailchimp(world, folder):
    opens = table(["Timestamp", "IP", "Email"], [(local(t), ip, email) for t, ip, email in sorted(world.opens)])
    opens.insert(12, "2026-03-12 12:41:07,192.0.2.14")  # cut
    clicks = table(["Timestamp", "IP", "Email", "Url"], [(local(t), ip, email, url) for t, ip, email, url in sorted(world.clicks)])
    clicks.insert(7, f"2026-13-12 13:05:44,192.0.2.14,{world.clicks[0][2]},{SITE}/nl/blog/btw-kalender-2026")
    write(folder / "granular_activity/opens" / f"{MC.id}.csv", opens)
    write(folder / "granular_activity/clicks" / f"{MC.id}.csv", clicks)
    base = ["Email Address", "First Name", "Last Name", "MEMBER_RATING", "OPTIN_TIME", "OPTIN_IP", "CONFIRM_TIME", "CONFIRM_IP", "LATITUDE", "LONGITUDE", "GMTOFF", "DSTOFF", "TIMEZONE", "CC", "REGION",
            "LAST_CHANGED", "LEID", "EUID", "NOTES", "TAGS"]
    rows = {"subscribed": [], "unsubscribed": [], "cleaned": []}
    for number, person in enumerate(p for p in world.people if "boekhoudbrief" in p.lists):
        first, last = (part.capitalize() for part in person.email.split("@")[0].split("."))
        joined = at("2025-09-01 09:00") + timedelta(days=world.random.randint(0, 120), seconds=world.random.randint(0, 30000))
        status, since = world.left.get(person.email, ("subscribed", joined))
        shown = person.email if number % 9 else person.email.title().replace(".Example", ".example")  # as they typed it
        row = [shown, first, last, 2 + person.interest // 2, utc(joined), "192.0.2.20", utc(joined), "192.0.2.20", "", "", "", "", "", "BE", "", utc(max(joined, since)), 410000 + number,
               hashlib.sha256(person.email.encode()).hexdigest()[:10], "", "boekhouder"]
        left = {"subscribed": [], "unsubscribed": [utc(since), MC.name, MC.id, "NORMAL", ""], "cleaned": [utc(since), MC.name, MC.id]}[status]
        rows[status].append(row + left)
    more = {"subscribed": [], "unsubscribed": ["UNSUB_TIME", "UNSUB_CAMPAIGN_TITLE", "UNSUB_CAMPAIGN_ID", "UNSUB_REASON", "UNSUB_REASON_OTHER"], "cleaned": ["CLEAN_TIME", "CLEAN_CAMPAIGN_TITLE", "CLEAN_CAMPAIGN_ID"]}
    for status, of_status in rows.items():
        write(folder / "audience" / f"{status}_members.csv", table(base + more[status], of_status))


def write_contacts(world, folder):
    rows = [(p.email, p.title, p.employees, p.industry, p.country, p.language) for p in world.people if p.known]
    world.random.shuffle(rows)
    text = table(["email", "job_title", "employees", "industry", "country", "language"], rows)
    text.insert(31, "Zaakvoerder,12,construction")  # the address was cleared by hand
    write(folder / "contacts.csv", text)


def html_of(mailing):
    rows = "\n".join(f'<p><a href="{escape(mailing.url(path))}">{escape(text)}</a></p>' for _, path, text in mailing.links)
    foot = " | ".join(f'<a href="{escape(mailing.url(path))}">{escape(text)}</a>' for _, path, text in mailing.service)
    return f'<html><head><title>{escape(mailing.subject)}</title></head><body>\n<h1>{escape(mailing.subject)}</h1>\n{rows}\n<div class="footer"><p>Kantoorwijzer nv, Kouter 1, 9000 Gent<br>{foot}</p></div>\n</body></html>'


def link_of(mailing, path, text, place):
    marks = ' footer="true"' if place == "footer" else ' alias="partner" stage="bofu"' if path == "/nl/partner-worden" else ""
    return f"      <link{marks}><url>{escape(mailing.url(path))}</url><text>{escape(text)}</text></link>"


def write_campaigns(path, mailings):
    out = ['<?xml version="1.0" encoding="UTF-8"?>', '<campaigns xmlns="urn:mailfunnel:campaign:1" version="1">']
    for m in mailings:
        out.append(f'  <campaign id="{m.id}" status="sent">')
        out.append(f"    <name>{escape(m.name)}</name>\n    <subject>{escape(m.subject)}</subject>")
        out.append(f"    <from name={quoteattr(m.sender[0])} address={quoteattr(m.sender[1])}/>")
        out.append(f"    <sent>{m.sent.strftime('%Y-%m-%dT%H:%M:%SZ')}</sent>")
        out.append(f'    <audience kind="list" id="{m.group}">{m.group}</audience>')
        if m is NL:
            out.append(f'    <body type="html"><![CDATA[{html_of(m)}]]></body>')
        else:
            out.append("    <links>")
            for place, links in (("body", m.links), ("footer", m.service)):
                out += [link_of(m, path, text, place) for _, path, text in links]
            out.append("    </links>")
        out.append("  </campaign>")
    out.append("</campaigns>")
    write(path, out)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seed", type=int, default=2026)
    options.add_argument("--into", type=Path, default=Path(__file__).parent)
    chosen = options.parse_args()
    world = World(chosen.seed)
    world.settle()
    for mailing in (NL, FR, EN):
        world.send(mailing)
    world.more_at_sendgrid()
    world.send_mailchimp()
    write_sendgrid(world, chosen.into / "logs/sendgrid")
    write_mailchimp(world, chosen.into / "logs/mailchimp")
    write_contacts(world, chosen.into)
    write_campaigns(chosen.into / "campaigns.xml", [NL, FR, EN])
    write_campaigns(chosen.into / "campaigns-nieuwsbrief.xml", [MC])


if __name__ == "__main__":
    main()
