import { BlockList, isIP } from 'node:net';

/** Networks that are not the public internet: RFC 6890 and its registry, and what clouds answer secrets from. */
const CLOSED_4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  // Where clouds have their metadata.
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  // 6to4 relays.
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Public, and the metadata of one cloud all the same.
  '168.63.129.16/32',
];
/** Of IPv6 only what is handed out for the public internet is open; within it these are not. */
const OPEN_6 = ['2000::/3'];
const CLOSED_6 = [
  // Teredo and the rest of the special purposes, 6to4, documentation: addresses of other networks stand inside of some.
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
];

const closed = blockList([...CLOSED_4, ...CLOSED_6]);
const open6 = blockList(OPEN_6);

/** @throws Error on what is no network */
export function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const version = isIP(address);
    if (version === 0) throw new Error(`${network} is not a network`);
    list.addSubnet(address, prefix === undefined ? (version === 4 ? 32 : 128) : Number(prefix), family(version));
  }
  return list;
}

/** @param address IPv4 or IPv6; what is neither is in no list */
export function isIn(list: BlockList, address: string): boolean {
  const version = isIP(address);
  return version !== 0 && list.check(address, family(version));
}

/**
 * Whether an address is one of the public internet. IPv4 written as IPv6, translated, tunnelled or compatible, is outside
 * of what is handed out there and so refused with the rest; a public one can be asked for as it is.
 */
export function isPublic(address: string): boolean {
  const version = isIP(address);
  if (version === 0 || isIn(closed, address)) return false;
  return version === 4 || isIn(open6, address);
}

function family(version: number): 'ipv4' | 'ipv6' {
  return version === 4 ? 'ipv4' : 'ipv6';
}
