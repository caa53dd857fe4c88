// Judges the documents that `run.mjs` hands out, one at a time.
import { judge } from './judge.mjs';

process.on('message', async ({ builder, document, folder }) => {
  let outcome;
  try {
    outcome = await judge(document, builder, folder);
  } catch (error) {
    outcome = { fault: `${error.name}: ${error.message}`.slice(0, 400) };
  }
  process.send(outcome);
});
// Nobody is left to be told.
process.on('disconnect', () => process.exit());
