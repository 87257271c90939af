// Measurements that are not compared side by side. Each runs in a process of its own.
import { firstCalls } from "./first-calls";
import { idle } from "./idle";
import { serveCommands } from "./ipc";
import { lanPolling, lanSet } from "./lan";
import { heapOfPages, pages, pagesInSequence, parsing } from "./lists";
import { burst, clone, closing, delay } from "./messages";
import { pollCost, pollRequests } from "./polling";
import { manySites } from "./sites";
import { smallMachine } from "./small-machine";
import { handshakes, sessionTurns, tokenStorm, tokenStormByRecipe } from "./tokens";
import { watch } from "./watch";

const commands = {
  burst,
  clone,
  closing,
  delay,
  firstCalls,
  handshakes,
  heapOfPages,
  idle,
  lanPolling,
  lanSet,
  manySites,
  pages,
  pagesInSequence,
  parsing,
  pollCost,
  pollRequests,
  sessionTurns,
  smallMachine,
  tokenStorm,
  tokenStormByRecipe,
  watch,
};
export type IsolatedCommands = typeof commands;

serveCommands(commands);
