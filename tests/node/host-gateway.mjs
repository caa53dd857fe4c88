// Hosts LobeHub's own gateway as a server of its own, for the load bench: `node host-gateway.mjs edge|node PORT INDEX_URL`.
import { serveOfficialGateway } from './official-gateway.mjs';

const [runtime, port, pluginsIndexUrl] = process.argv.slice(2);
await serveOfficialGateway({ runtime, port: Number(port), options: { pluginsIndexUrl } });
