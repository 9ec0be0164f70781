import type { Demo } from '#risk';

/** Tells whoever started it where it is and how to get in. The log is JSON for machines; this is for a person. */
export async function welcome(address: string, adminTokenPath: string | undefined, demo: Demo): Promise<void> {
  const say = (text: string) => process.stdout.write(`${text}\n`);
  say('');
  say(`  ST Risk Platform is ready at ${address}`);
  const viewer = await demo.viewerToken();
  if (viewer !== undefined) {
    say('');
    say(`  The demo city:   ${address}/#token=${viewer}`);
    void demo.ready.then(
      () => say(`  The demo city's risk map is served.`),
      (error: unknown) =>
        say(`  The demo could not be made: ${error instanceof Error ? error.message : String(error)}`),
    );
  }
  say('');
  say(
    adminTokenPath === undefined
      ? '  Administrator:   the token in STRISK_ADMIN_TOKEN'
      : `  Administrator:   the token in ${adminTokenPath}`,
  );
  say(`  Your own events: npx strisk import FILE --namespace NAME --create-namespace --event-type TYPE`);
  say('  Stop:            Ctrl-C');
  say('');
}
