/** Bundles `entry` and returns the path of an ES module that Node can run from the project's folder. */
export function bundleForNode(entry: string, name: string): Promise<string>;
