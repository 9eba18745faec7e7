// Creates the replica set and its accounts, and adds the other members one by one. Safe to repeat.
// It begins with one member, which is the primary at once: accounts can be created only there.
const self = "{{ host.address }}:{{ port }}", members = {{ places }};
const admin = db.getSiblingDB("admin");

function until(what, condition) {
  for (let round = 0; round < 240; round += 1) {
    if (condition()) return;
    sleep(250);
  }
  throw new Error(what + " timed out");
}

if (!db.hello().setName) {
  const settings = {
    electionTimeoutMillis: {{ (settings.election_timeout * 1000) | int }},
    heartbeatIntervalMillis: {{ (settings.heartbeat_interval * 1000) | int }},
  };
  rs.initiate({ _id: "{{ replica_set }}", members: [{ _id: 0, host: self }], settings });
}
until("to be the primary", () => db.hello().isWritablePrimary);

// As long as there is no account, a client on this host may create the first one, and nothing else.
const root = { user: "stagegate", pwd: "{{ secret("mongodb_admin_password") }}" };
try {
  admin.createUser({ ...root, roles: ["root"] });
} catch (error) {
  if (!["Unauthorized", "Location51003"].includes(error.codeName)) throw error;
}
admin.auth(root.user, root.pwd);
if (!admin.getUser("probe")) {
  const roles = [{ role: "readWrite", db: "stagegate" }, { role: "clusterMonitor", db: "admin" }];
  admin.createUser({ user: "probe", pwd: "{{ secret("mongodb_probe_password") }}", roles });
}

for (const member of members) {
  if (!rs.conf().members.some((known) => known.host === member)) rs.add(member);
  until(member + " to serve", () => rs.status().members.some((seen) => seen.name === member && [1, 2].includes(seen.state)));
}
