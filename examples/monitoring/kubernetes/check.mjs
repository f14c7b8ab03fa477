// Checks manifests against what Kubernetes and the Prometheus Operator publish: values against their
// schemas, and the names of fields, which the schemas leave open, against their types.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { parseAllDocuments } from "yaml";

const modules = {
  "apps/v1": "kubernetes-models/apps/v1/index",
  "monitoring.coreos.com/v1":
    "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/index",
  v1: "kubernetes-models/v1/index",
};

const code = [];
for (const file of process.argv.slice(2)) {
  for (const document of parseAllDocuments(readFileSync(file, "utf8"))) {
    if (document.errors.length > 0) throw document.errors[0];
    const manifest = document.toJS();
    const { apiVersion, kind } = manifest;
    const module = modules[apiVersion];
    const Model = module && (await import(module))[kind];
    if (!Model) throw new Error(`${file}: ${apiVersion} ${kind} is not known here`);
    new Model(manifest).validate();
    code.push(`({${JSON.stringify(manifest).slice(1)} satisfies import("${module}").I${kind}); // ${file}`);
  }
}

const source = fileURLToPath(new URL("manifests.mts", import.meta.url));
writeFileSync(source, `${code.join("\n")}\n`);
const program = ts.createProgram([source], {
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  target: ts.ScriptTarget.ESNext,
  noEmit: true,
  skipLibCheck: true,
  strict: true,
  types: [],
});
const problems = ts.getPreEmitDiagnostics(program);
for (const { file, start, messageText } of problems) {
  const line = file ? code[file.getLineAndCharacterOfPosition(start).line] : "";
  console.error(`${line.split(" // ").pop()}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`);
}
if (problems.length > 0) process.exit(1);
console.log(`${code.length} manifests are valid`);
