import { choice, list, settingsGroup, text } from '#base/settings.ts';

export const serverSettings = settingsGroup('server', {
  domains: list({
    default: [],
    pattern: /^\S+$/,
    maxItems: 100,
    expects: 'a list of domain names',
    restart: true,
    help: 'Domains to serve besides the one that the server was made for; each wants tls/DOMAIN/ in the data folder.',
  }),
});

export const storeSettings = settingsGroup('store', {
  kind: choice({
    values: ['sqlite', 'postgres'],
    default: 'sqlite',
    restart: true,
    help: 'Where everything is kept: a file in the data folder, or a PostgreSQL database.',
  }),
  url: text({
    default: '',
    secret: true,
    restart: true,
    help: 'The PostgreSQL database: postgres://user:password@host:5432/database.',
  }),
});
