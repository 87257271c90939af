// Measurements that are not compared side by side. Each runs in a process of its own.
import { idle } from "./idle";
import { serveCommands } from "./ipc";
import { lanPolling, lanSet } from "./lan";
import { heapOfPages, pages, pagesInSequence, parsing } from "./lists";
import { burst, clone, closing, delay } from "./messages";
import { pollCost, pollRequests } from "./polling";
import { manySites } from "./sites";
import { handshakes, sessionTurns, tokenStorm, tokenStormByRecipe } from "./tokens";

const commands = {
  burst,
  clone,
  closing,
  delay,
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
  tokenStorm,
  tokenStormByRecipe,
};
export type IsolatedCommands = typeof commands;

serveCommands(commands);
