// Segments, plans and tasks.

#include "web/pages/words.hpp"

#include <array>

namespace mailfunnel {

namespace {

constexpr std::array k_words{
    Word{"use", "Use", "Gebruik", "Usage"},
    Word{"use_mailing", "mailing", "mailing", "envoi"},
    Word{"use_sales", "sales", "sales", "vente"},
    Word{"use_suppression", "suppression", "onderdrukking", "exclusion"},
    Word{"kept_out", "Kept out", "Buiten gehouden", "Écartées"},
    Word{"out_suppressed", "{} suppressed", "{} onderdrukt", "{} exclues"},
    Word{"out_excluded", "{} excluded", "{} uitgesloten", "{} hors audience"},
    Word{"out_no_address", "{} without address", "{} zonder adres", "{} sans adresse"},
    Word{"where", "Expression", "Expressie", "Expression"},
    Word{"goes_to", "Goes to", "Gaat naar", "Destination"},
    Word{"no_segments", "The config has no [[segment]].", "De config heeft geen [[segment]].",
         "La configuration n'a pas de [[segment]]."},
    Word{"try_expression", "Try an expression", "Probeer een expressie", "Essayer une expression"},
    Word{"expression", "Who, as in docs/segments.md", "Wie, zoals in docs/segments.md",
         "Qui, comme dans docs/segments.md"},
    Word{"count", "Count", "Tel", "Compter"},
    Word{"people_in_it", "{} people", "{} personen", "{} personnes"},
    Word{"all_of_them", "All of them", "Allemaal", "Toutes"},
    Word{"overlap", "Overlap", "Overlap", "Recoupement"},
    Word{"overlap_note", "How many of the people of a row are in the segment of a column too.",
         "Hoeveel personen van een rij ook in het segment van een kolom zitten.",
         "Combien de personnes d'une ligne sont aussi dans le segment d'une colonne."},
    Word{"of_these", "Of these", "Van deze", "Parmi"},
    Word{"make_plan", "Make a plan", "Maak een plan", "Préparer un plan"},
    Word{"nobody", "Nobody.", "Niemand.", "Personne."},
    Word{"email", "E-mail", "E-mail", "E-mail"},
    Word{"last_click", "Last click", "Laatste klik", "Dernier clic"},
    Word{"last_open", "Last open", "Laatste opening", "Dernière ouverture"},
    Word{"reasons", "Reasons", "Redenen", "Raisons"},
    Word{"since", "Since", "Sinds", "Depuis"},
};

} // namespace

std::span<const Word> segment_words() {
  return k_words;
}

} // namespace mailfunnel
