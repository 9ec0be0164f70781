import { normalizeIp } from '@nestjs/throttler';
import type { Tracker } from './budgets.js';

export function tokenTracker(tokenId: string): Tracker {
  return `token:${tokenId}`;
}

/** IPv6 by its /64, for whoever has one address there has them all; an IPv4 address written as IPv6 is the same one. */
export function addressTracker(ip: string): Tracker {
  return `address:${normalizeIp(ip)}`;
}
