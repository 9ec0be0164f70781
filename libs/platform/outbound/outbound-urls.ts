import { lookup } from 'node:dns';
import { type BlockList, isIP, type LookupFunction } from 'node:net';
import { blockList, isIn, isPublic } from './addresses.js';

const PORTS = new Set(['', '443']);

/** A URL, or where it leads, is none that the platform calls for a user. The message is for the user. */
export class OutboundRefused extends Error {
  override readonly name = 'OutboundRefused';
}

export interface Allowance {
  /** Addresses and networks that may be called though they are not public, by http too and on any port: on premises. */
  networks: readonly string[];
  /** Names that may lead there, in lower case. */
  hosts: readonly string[];
}

/** Decides which URLs of users the platform may call: those of the public internet, and what the operator allows. */
export class OutboundUrls {
  private readonly networks: BlockList;
  private readonly hosts: ReadonlySet<string>;

  constructor({ networks, hosts }: Allowance) {
    this.networks = blockList(networks);
    this.hosts = new Set(hosts);
  }

  /**
   * What can be told from the URL alone, at the time it is given.
   * @throws OutboundRefused
   */
  check(text: string): URL {
    if (!URL.canParse(text)) throw new OutboundRefused('This is not a URL');
    // Parsing makes 0x7f.1, 2130706433 and ｌocalhost into what they mean.
    const url = new URL(text);
    const host = hostOf(url);
    const allowed = this.isAllowed(host);
    if (url.protocol !== 'https:' && !(allowed && url.protocol === 'http:'))
      throw new OutboundRefused('Only https is called');
    if (url.username !== '' || url.password !== '') throw new OutboundRefused('The URL holds credentials');
    if (!PORTS.has(url.port) && !allowed) throw new OutboundRefused('Only port 443 is called');
    if (isIP(host) !== 0 && !this.mayConnect(host, host)) throw new OutboundRefused('The address is not a public one');
    return url;
  }

  /**
   * Looks a name up for the connection that is being made: what is judged is what is connected to, so a name that is
   * another one a moment later leads nowhere else. One address that is not open closes the name.
   */
  readonly lookup: LookupFunction = (name, options, done) => {
    const host = name.replace(/\.$/, '');
    lookup(host, { all: true }, (error, found) => {
      const [first] = found ?? [];
      if (error) done(error, '');
      else if (!first || found.some(({ address }) => !this.mayConnect(host, address)))
        done(new OutboundRefused('The name does not lead to a public address'), '');
      else if (options.all) done(null, found);
      else done(null, first.address, first.family);
    });
  };

  private mayConnect(host: string, address: string): boolean {
    return isPublic(address) || this.hosts.has(host) || isIn(this.networks, address);
  }

  private isAllowed(host: string): boolean {
    return this.hosts.has(host) || isIn(this.networks, host);
  }
}

/** Without the brackets of IPv6 and the dot that ends a full name. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}
