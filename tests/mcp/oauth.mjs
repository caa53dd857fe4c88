// An authorization server, as a company runs one: the npm package `oidc-provider`, with dynamic registration and resource
// indicators. Whoever comes is `alice`, who consents to what her client asks for.

import { once } from 'node:events';
import { createServer } from 'node:http';

import Provider from 'oidc-provider';

const SCOPES = 'search wares';

/** Starts it; resolves to its `url` and `close()`. */
export async function startAuthorizationServer() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(url, {
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, resource) => ({
          accessTokenFormat: 'jwt',
          audience: resource,
          scope: SCOPES,
        }),
        useGrantedResource: () => true,
      },
    },
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    issueRefreshToken: () => true,
    async loadExistingGrant({ oidc }) {
      const { client, params, provider, session } = oidc;
      const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
      grant.addOIDCScope(SCOPES);
      grant.addResourceScope(params.resource, SCOPES);
      await grant.save();
      return grant;
    },
    pkce: { required: () => true },
    scopes: SCOPES.split(' '),
    ttl: { AccessToken: 600, Grant: 600, IdToken: 600, Interaction: 600, RefreshToken: 600, Session: 600 },
  });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (!request.url.startsWith('/interaction/')) return answer(request, response);
    return provider.interactionFinished(request, response, { login: { accountId: 'alice' } });
  });
  return { close: () => server.close(), url };
}
