// Preloaded into servers of other people's that listen on every address: they then listen on this machine's own alone.
import { Server } from 'node:net';

const { listen } = Server.prototype;
Server.prototype.listen = function (port, ...rest) {
  return isPort(port) ? listen.call(this, { port: Number(port), host: '127.0.0.1' }, ...rest) : listen.call(this, port, ...rest);
};

const isPort = (value) => typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value));
