// What is measured by itself and not against the clock of others, in a process of its own.
import { idle } from "./idle";
import { obey } from "./ipc";
import { heapOfPages, pages, pagesInTurn, parsing } from "./lists";
import { burst, clone, closing, delay } from "./messages";
import { handshakes, storm, stormByRecipe, turns } from "./tokens";
import { watchers, watching } from "./watching";

obey({
  burst,
  clone,
  closing,
  delay,
  handshakes,
  heapOfPages,
  idle,
  pages,
  pagesInTurn,
  parsing,
  storm,
  stormByRecipe,
  turns,
  watchers,
  watching,
});
