import type { FamilyTemplate, PackageNames } from "./template.ts";

/** What a package is made for. */
export interface PackageRequest {
  readonly names: PackageNames;
  readonly template: FamilyTemplate;
  /** Version of kdflow that makes it. */
  readonly kdflow: string;
}

/** All files of a new package, by path. */
export function packageFiles(request: PackageRequest): Readonly<Record<string, string>> {
  const { names, template } = request;
  const { id } = names;
  return {
    "package.json": json(manifest(request)),
    "tsconfig.json": json(compilerOptions),
    ".gitignore": "node_modules/\ndist/\n.kdflow/\n",
    "README.md": readme(request),
    "example.yaml": example(request),
    [`schemas/${template.family}/${id}.schema.json`]: json(template.schema),
    "src/index.ts": index(names),
    [`src/${id}.ts`]: template.source(names),
    "test/read-schema.ts": readSchema,
    [`test/${id}.test.ts`]: template.test(names),
  };
}

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

function manifest({ names, template, kdflow }: PackageRequest): object {
  return {
    name: names.package,
    version: "0.1.0",
    description: `For kdflow: ${template.summary}`,
    keywords: ["kdflow-plugin"],
    license: "MIT",
    type: "module",
    engines: { node: ">=20.17" },
    exports: { ".": { types: "./dist/src/index.d.ts", default: "./dist/src/index.js" } },
    files: ["dist/src", "schemas"],
    scripts: { build: "tsc", test: `tsc && node --test dist/test/${names.id}.test.js`, prepack: "tsc" },
    peerDependencies: { kdflow: `^${kdflow}` },
    devDependencies: {
      "@tensorflow/tfjs": "4.22.0",
      "@types/node": "^20.19.0",
      kdflow: `^${kdflow}`,
      typescript: "~6.0",
    },
  };
}

const compilerOptions = {
  compilerOptions: {
    target: "es2023",
    module: "nodenext",
    types: ["node"],
    strict: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    rewriteRelativeImportExtensions: true,
    declaration: true,
    skipLibCheck: true,
    rootDir: ".",
    outDir: "dist",
  },
  include: ["src", "test"],
};

function index({ package: name, id, value }: PackageNames): string {
  return `import { definePlugin, type Plugin } from "kdflow";
import { ${value} } from "./${id}.ts";

export const plugin: Plugin = definePlugin({
  name: "${name}",
  version: "0.1.0",
  kdflow: "^1", // the plugin API, not the version of kdflow
  schemas: new URL("../../schemas/", import.meta.url),
  providers: [${value}],
});
`;
}

const readSchema = `import { readFile } from "node:fs/promises";

/** The options schema of a provider of this package. */
export async function readSchema(family: string, id: string): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse(await readFile(new URL(\`../../schemas/\${family}/\${id}.schema.json\`, import.meta.url), "utf8"));
}
`;

function example({ names, template }: PackageRequest): string {
  return `# yaml-language-server: $schema=./node_modules/kdflow/schemas/pipeline.schema.json
kdflow: 1
name: ${names.id}
plugins: [${names.package}]
stages:
${template.stages(names)}  evaluate: classification
`;
}

function readme({ names, template }: PackageRequest): string {
  const { package: name, id } = names;
  return `# ${name}

A plugin of [kdflow](https://www.npmjs.com/package/kdflow): ${template.summary}.

\`\`\`sh
npm install --save-dev kdflow ${name}
\`\`\`

\`\`\`yaml
plugins: [${name}]
\`\`\`

[example.yaml](example.yaml) is a pipeline that uses it.

## \`${template.family}/${id}\`

${String(template.schema["description"])}

${optionsTable(template)}

## Working on it

\`\`\`sh
npm install
npm test        # compiles, then checks the provider by kdflow/testing
npm link        # or \`npm pack\`: then name it in a pipeline
npm publish     # the keyword kdflow-plugin makes it found
\`\`\`

Options are declared in \`schemas/\`, with their defaults and descriptions; keep the table above equal to it. Raise \`cacheVersion\` when the same options give another result.
`;
}

/** The options of a schema as a table of Markdown. */
function optionsTable({ schema }: FamilyTemplate): string {
  const properties = Object.entries((schema["properties"] ?? {}) as Readonly<Record<string, Record<string, unknown>>>);
  const rows = properties.map(([name, option]) => {
    const values = Array.isArray(option["enum"]) ? option["enum"].join(", ") : String(option["type"]);
    return `| \`${name}\` | ${values} | \`${JSON.stringify(option["default"])}\` | ${String(option["description"])} |`;
  });
  return ["| option | values | default | meaning |", "| --- | --- | --- | --- |", ...rows].join("\n");
}
