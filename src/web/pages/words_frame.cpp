// What stands on every page, or on several.

#include "web/pages/words.hpp"

#include <array>

namespace mailfunnel {

namespace {

constexpr std::array k_words{
    Word{"skip", "To the content", "Naar de inhoud", "Vers le contenu"},
    Word{"menu", "Pages", "Pagina's", "Pages"},
    Word{"language", "Language", "Taal", "Langue"},
    Word{"choose", "Choose", "Kies", "Choisir"},
    Word{"log_in", "Log in", "Aanmelden", "Se connecter"},
    Word{"log_out", "Log out", "Afmelden", "Se déconnecter"},
    Word{"login_intro", "These pages show data of persons.",
         "Deze pagina's tonen gegevens van personen.",
         "Ces pages montrent des données de personnes."},
    Word{"token", "Your token", "Uw token", "Votre jeton"},
    Word{"login_help",
         "Who runs this program gives you one:", "Wie dit programma beheert, geeft u er een:",
         "La personne qui gère ce programme vous en donne un :"},
    Word{"login_wrong", "Nobody has that token.", "Niemand heeft dat token.",
         "Personne n'a ce jeton."},
    Word{"login_slow", "Too many attempts; wait a moment.", "Te veel pogingen; wacht even.",
         "Trop de tentatives ; attendez un instant."},
    Word{"foreign_form",
         "This form is too old, or not from these pages. Go back, load the page again and send it "
         "once more.",
         "Dit formulier is te oud, of niet van deze pagina's. Ga terug, laad de pagina opnieuw en "
         "verstuur het nog eens.",
         "Ce formulaire est trop ancien ou ne vient pas de ces pages. Revenez en arrière, "
         "rechargez la page et renvoyez-le."},
    Word{"not_your_role", "Your role may not see this.", "Uw rol mag dit niet zien.",
         "Votre rôle ne permet pas de voir ceci."},
    Word{"not_allowed", "Not allowed", "Niet toegestaan", "Non autorisé"},
    Word{"other_method",
         "This address does not take that kind of request: go to its page and use the form there.",
         "Dit adres aanvaardt dat soort verzoek niet: ga naar de pagina en gebruik het formulier "
         "daar.",
         "Cette adresse n'accepte pas ce type de requête : allez à sa page et utilisez-y le "
         "formulaire."},
    Word{"no_such_page", "There is no such page.", "Deze pagina bestaat niet.",
         "Cette page n'existe pas."},
    Word{"not_found", "Not found", "Niet gevonden", "Introuvable"},
    Word{"went_wrong", "That did not work", "Dat lukte niet", "Cela n'a pas marché"},
    Word{"busy", "Busy", "Bezig", "Occupé"},
    Word{"try_again", "Try again in a moment.", "Probeer het zo dadelijk opnieuw.",
         "Réessayez dans un instant."},
    Word{"see_log", "Something broke; the log of `mailfunnel serve` says what.",
         "Er ging iets stuk; het log van `mailfunnel serve` zegt wat.",
         "Quelque chose s'est cassé ; le journal de `mailfunnel serve` dit quoi."},
    Word{"overview", "Overview", "Overzicht", "Aperçu"},
    Word{"campaigns", "Mailings", "Mailings", "Envois"},
    Word{"campaign", "Mailing", "Mailing", "Envoi"},
    Word{"recipients", "Recipients", "Ontvangers", "Destinataires"},
    Word{"rules", "Rules lab", "Regels testen", "Tester les règles"},
    Word{"segments", "Segments", "Segmenten", "Segments"},
    Word{"segment", "Segment", "Segment", "Segment"},
    Word{"plans", "Pushes", "Pushes", "Envois aux plateformes"},
    Word{"tasks", "Tasks", "Taken", "Tâches"},
    Word{"people", "People", "Personen", "Personnes"},
    Word{"suppressed", "Suppressed", "Onderdrukt", "Exclues"},
    Word{"score", "Score", "Score", "Score"},
    Word{"scale", "Scale", "Schaal", "Échelle"},
    Word{"level", "Engagement", "Betrokkenheid", "Engagement"},
    Word{"fit", "Fit", "Fit", "Profil"},
    Word{"grade", "Grade", "Klasse", "Classe"},
    Word{"status", "Status", "Status", "Statut"},
    Word{"stage", "Stage", "Fase", "Étape"},
    Word{"phase", "Phase", "Koopfase", "Phase"},
    Word{"account", "Account", "Account", "Compte"},
    Word{"accounts", "Accounts", "Accounts", "Comptes"},
    Word{"platform", "Platform", "Platform", "Plateforme"},
    Word{"events", "Events", "Gebeurtenissen", "Événements"},
    Word{"date", "Date", "Datum", "Date"},
    Word{"at", "At", "Op", "Le"},
    Word{"as_of", "As of {}", "Stand op {}", "Au {}"},
    Word{"above", "above {}", "boven {}", "plus de {}"},
    Word{"from", "from {}", "vanaf {}", "dès {}"},
    Word{"to", "to {}", "tot {}", "jusqu'à {}"},
    Word{"below", "below {}", "onder {}", "moins de {}"},
    Word{"as_table", "As a table", "Als tabel", "En tableau"},
    Word{"loading", "Being worked out …", "Wordt berekend …", "Calcul en cours …"},
    Word{"show", "Show", "Toon", "Afficher"},
    Word{"look", "Look", "Bekijk", "Voir"},
    Word{"none_yet", "None yet.", "Nog geen.", "Aucun pour l'instant."},
    Word{"next_page", "Next page", "Volgende pagina", "Page suivante"},
    Word{"first_page", "First page", "Eerste pagina", "Première page"},
    Word{"save", "Save", "Opslaan", "Enregistrer"},
    Word{"search", "Search", "Zoek", "Chercher"},
    Word{"target", "Target", "Doel", "Cible"},
    Word{"added", "Added", "Toegevoegd", "Ajoutées"},
    Word{"removed", "Removed", "Verwijderd", "Retirées"},
    Word{"refused", "Refused", "Geweigerd", "Refusées"},
    Word{"outcome", "Outcome", "Uitkomst", "Résultat"},
    Word{"started", "Started", "Begonnen", "Début"},
    Word{"job", "Job", "Taak", "Tâche"},
};

} // namespace

std::span<const Word> frame_words() {
  return k_words;
}

} // namespace mailfunnel
