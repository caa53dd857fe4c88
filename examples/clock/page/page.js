// Shows the time at the place that the model asked about, and tells the model what it shows.
import { lobeChat } from '@lobehub/chat-plugin-sdk/client';

/** Under this key the conversation remembers that the model was told. */
const TOLD = 'told';

const element = (id) => document.getElementById(id);

/** Returns the parts of the time in words; throws for a zone that does not exist. */
function read(timeZone, now) {
  const words = (options) => new Intl.DateTimeFormat('en-GB', { timeZone, ...options }).format(now);
  return { date: words({ dateStyle: 'full' }), time: words({ timeStyle: 'medium' }) };
}

function show(timeZone) {
  const { date, time } = read(timeZone, new Date());
  element('place').textContent = timeZone;
  element('time').textContent = time;
  element('date').textContent = date;
}

/** Writes the plugin's answer into the conversation, and has the model go on from there. */
function tell(state, answer) {
  // LobeChat opens this page anew whenever the conversation is shown again, and each answer makes the model speak:
  // without a memory there would be one more reply every time.
  if (state?.[TOLD]) return;
  lobeChat.setPluginState(TOLD, true);
  lobeChat.setPluginMessage(answer, true);
}

function answerFor(timeZone) {
  try {
    const { date, time } = read(timeZone, new Date());
    return `It is ${time} on ${date} in ${timeZone}.`;
  } catch {
    return `There is no time zone of this name; expected one of the IANA database, such as Asia/Tokyo.`;
  }
}

// This takes the first message of LobeChat's only: it sends one at every change of the conversation.
const payload = await lobeChat.getPluginPayload();
const timeZone = payload?.arguments?.time_zone ?? 'UTC';
if (payload) tell(payload.state, answerFor(timeZone));
try {
  show(timeZone);
  setInterval(show, 1000, timeZone);
} catch {
  element('place').textContent = answerFor(timeZone);
}
