/** The services of Cisco's product under which administrators know the parts of a presence server, and what each is here. */

export interface ServiceEntry {
  readonly name: string;
  /**
   * What it is here: a part that is opened and closed by itself; `store`; `server`, something that is there as long as
   * the server runs; `none`, nothing.
   */
  readonly part: 'xmpp' | 'sip' | 'https' | 'http' | 'store' | 'server' | 'none';
  /** One sentence: what it is here, or what there is in its place. */
  readonly here: string;
}

const inServer = (name: string, here: string): ServiceEntry => ({ name, part: 'server', here });
const none = (name: string, here: string): ServiceEntry => ({ name, part: 'none', here });

export const SERVICES: readonly ServiceEntry[] = [
  { name: 'A Cisco DB', part: 'store', here: 'The store of this server: embedded, or PostgreSQL.' },
  none('A Cisco DB Replicator', 'One store is everything; PostgreSQL replicates by itself where it is set up so.'),
  {
    name: 'Cisco Tomcat',
    part: 'https',
    here: 'The HTTPS port: contact lists over XCAP, SIP over WebSocket, the API.',
  },
  { name: 'Cisco RIS Data Collector', part: 'http', here: 'The HTTP port: figures and health.' },
  inServer('Cisco Presence Engine', 'Who is there, and who may see it.'),
  { name: 'Cisco SIP Proxy', part: 'sip', here: 'The SIP ports (UDP, TCP, TLS), and what is connected through them.' },
  inServer('Cisco XCP Router', 'What takes messages and presence from one account to another.'),
  inServer('Cisco XCP Config Manager', 'Settings, which hold as soon as their file changes.'),
  {
    name: 'Cisco XCP Connection Manager',
    part: 'xmpp',
    here: 'The XMPP ports, and the clients that are connected through them.',
  },
  none('Cisco XCP Web Connection Manager', 'There is no BOSH port; SIP over WebSocket is on the HTTPS port.'),
  inServer('Cisco XCP Authentication Service', 'Signing in, for XMPP and for SIP.'),
  none('Cisco XCP Text Conference Manager', 'There are no rooms yet.'),
  none('Cisco XCP SIP Federation Connection Manager', 'There is no federation yet.'),
  none('Cisco XCP XMPP Federation Connection Manager', 'There is no federation yet.'),
  none(
    'Cisco XCP Message Archiver',
    "There is no compliance archive yet; each account's history is its own (XEP-0313).",
  ),
  none('Cisco XCP Directory Service', 'There is no directory search yet.'),
  none('Cisco Server Recovery Manager', 'Nobody stands in for a single node.'),
  none('Cisco Intercluster Sync Agent', 'There are no other clusters that this one speaks with.'),
  none('Cisco Client Profile Agent', 'Clients find the server by DNS (RFC 6120, RFC 3263).'),
  inServer('Cisco OAM Agent', 'The commands: this command line, the control socket, the API.'),
  inServer('Cisco Presence Datastore', 'Presence, in the memory of the server.'),
  inServer('Cisco Login Datastore', 'Who is signed in, in the memory of the server.'),
  inServer('Cisco Route Datastore', 'The way to each device, in the memory of the server.'),
  inServer('Cisco SIP Registration Datastore', 'Contact bindings, in memory and in the store.'),
  none('Cisco DRF Local', 'A backup is a copy of the data folder of a server that is stopped.'),
];

/** Words of one's own are taken for a name in any case. */
export function findService(name: string): ServiceEntry | undefined {
  const wanted = name.trim().toLowerCase();
  return SERVICES.find((entry) => entry.name.toLowerCase() === wanted);
}
