import type { ConfigDefinition } from './define-config.js';

/** The text of `.env.example`: every variable with its description, in the order of the capabilities. */
export function envExample(definitions: readonly ConfigDefinition[]): string {
  const head = '# Every variable the platform reads. All are optional: without them it runs on its embedded parts.\n';
  const sections = definitions.map(({ name, schema }) => {
    const lines = Object.entries(schema.shape).map(([variable, reader]) => {
      const description = (reader as { description?: string }).description;
      if (!description) throw new Error(`The variable ${variable} has no description`);
      return `# ${description}\n#${variable}=`;
    });
    return `\n## ${name}\n${lines.join('\n')}\n`;
  });
  return head + sections.join('');
}
