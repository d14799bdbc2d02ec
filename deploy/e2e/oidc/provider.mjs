// A certified provider of OpenID Connect on loopback, for the end-to-end test:
// node provider.mjs PORT CLIENT SECRET REDIRECT. Its own pages ask for a name
// and take any password; the name is the subject. It prints "ready".
import Provider from 'oidc-provider'

const [port, client, secret, redirect] = process.argv.slice(2)
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: client, client_secret: secret, redirect_uris: [redirect], response_types: ['code'], grant_types: ['authorization_code'] }],
  pkce: { required: () => true },
  cookies: { keys: ['for the test alone'] },
})
const server = provider.listen(Number(port), '127.0.0.1', () => console.log('ready'))
process.on('SIGINT', () => {
  server.close(() => process.exit(0))
  server.closeAllConnections()
})
