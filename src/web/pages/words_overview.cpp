#include "web/pages/words.hpp"

#include <array>

namespace mailfunnel {

namespace {

constexpr std::array k_words{
    Word{"attention", "Wants a look", "Vraagt aandacht", "À regarder"},
    Word{"all_well", "Nothing wants a look.", "Niets vraagt aandacht.", "Rien à signaler."},
    Word{"matrix", "Fit and engagement", "Fit en betrokkenheid", "Profil et engagement"},
    Word{"matrix_caption",
         "How many people are in each cell, and the status that it gives. A cell leads to its "
         "people.",
         "Hoeveel personen in elke cel zitten, en welke status die geeft. Een cel leidt naar haar "
         "personen.",
         "Combien de personnes se trouvent dans chaque case, et le statut qu'elle donne. Une case "
         "mène à ses personnes."},
    Word{"histogram", "Scores", "Scores", "Scores"},
    Word{"statuses_over_time", "Statuses over time", "Statussen door de tijd",
         "Statuts dans le temps"},
    Word{"covered", "Covered", "Gedekt", "Couvert"},
    Word{"lately_run", "Jobs lately", "Recente taken", "Tâches récentes"},
    Word{"lately_pushed", "Pushed lately", "Recent verstuurd naar platformen",
         "Envoyé récemment aux plateformes"},
    Word{"attention_untagged", "{} links that people clicked ({} clicks) have no stage.",
         "{} links waarop geklikt is ({} klikken) hebben geen fase.",
         "{} liens cliqués ({} clics) n'ont pas d'étape."},
    Word{"attention_job", "The job {} failed on {}.", "De taak {} mislukte op {}.",
         "La tâche {} a échoué le {}."},
    Word{"attention_push", "The push of {} to {} stopped halfway on {}.",
         "De push van {} naar {} stopte halverwege op {}.",
         "L'envoi de {} vers {} s'est arrêté en route le {}."},
    Word{"attention_stale", "{} has told nothing since {}.",
         "{} heeft niets meer laten weten sinds {}.", "{} n'a plus rien transmis depuis le {}."},
    Word{"attention_rejects",
         "Records that could not be used lie in {} files of the last days, each with its reason; "
         "the newest is {}.",
         "Records die niet gebruikt konden worden staan in {} bestanden van de laatste dagen, elk "
         "met de reden; het nieuwste is {}.",
         "Des enregistrements inutilisables se trouvent dans {} fichiers des derniers jours, "
         "chacun avec sa raison ; le plus récent est {}."},
    Word{"attention_gap", "No webhooks of {} were received from {} to {}.",
         "Van {} werden geen webhooks ontvangen van {} tot {}.",
         "Aucun webhook de {} n'a été reçu du {} au {}."},
    Word{"attention_disagree",
         "For {} people the scale of 0 to 100 would give another status than the matrix.",
         "Voor {} personen zou de schaal van 0 tot 100 een andere status geven dan de matrix.",
         "Pour {} personnes, l'échelle de 0 à 100 donnerait un autre statut que la matrice."},
    Word{"attention_inbox", "{} events wait to be taken in by the next run.",
         "{} gebeurtenissen wachten op de volgende run.",
         "{} événements attendent le prochain passage."},
};

} // namespace

std::span<const Word> overview_words() {
  return k_words;
}

} // namespace mailfunnel
