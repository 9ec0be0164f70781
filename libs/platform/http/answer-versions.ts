import { Injectable } from '@nestjs/common';

type VersionOf = (namespaceId: string) => string;

/**
 * Versions of what answers are made of, as this process has it. They stand in the keys of kept answers: replicas that
 * have different versions for a moment never take each other's answers, and what is replaced need not be invalidated.
 */
@Injectable()
export class AnswerVersions {
  private readonly sources = new Map<string, VersionOf>();
  private readonly listeners = new Set<(namespaceId: string) => void>();

  /** @param name as the rules of answers name it: `surface` */
  register(name: string, versionOf: VersionOf): void {
    this.sources.set(name, versionOf);
  }

  of(name: string | undefined, namespaceId: string): string {
    if (name === undefined) return '';
    const source = this.sources.get(name);
    if (!source) throw new Error(`Nothing tells the version of "${name}"`);
    return source(namespaceId);
  }

  /** The namespace's answers are other ones from now on. */
  changed(namespaceId: string): void {
    for (const listener of this.listeners) listener(namespaceId);
  }

  onChange(listener: (namespaceId: string) => void): void {
    this.listeners.add(listener);
  }
}
