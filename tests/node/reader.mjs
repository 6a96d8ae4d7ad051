// Reads the published file again and again until `stop` exists, each time anew, and writes
// what it found to `log`. Without a file to stop at it answers its queries once.
import { existsSync, writeFileSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";

const [file, log, stop, ...queries] = process.argv.slice(2);

async function answers() {
  const instance = await DuckDBInstance.create(file, { access_mode: "READ_ONLY" });
  try {
    const connection = await instance.connect();
    const rows = [];
    for (const query of queries) {
      rows.push(...(await connection.runAndReadAll(query)).getRowsJson());
    }
    connection.closeSync();
    return rows;
  } finally {
    instance.closeSync();
  }
}

if (stop === "") {
  writeFileSync(log, JSON.stringify(await answers()));
} else {
  let reads = 0;
  const found = new Map();
  const errors = [];
  while (!existsSync(stop)) {
    try {
      const builds = [...new Set((await answers()).flat())].sort();
      found.set(JSON.stringify(builds), builds);
    } catch (error) {
      errors.push(String(error));
    }
    reads += 1;
  }
  writeFileSync(log, JSON.stringify([reads, [...found.values()].sort(), errors]));
}
