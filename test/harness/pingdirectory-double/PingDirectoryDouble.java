import com.unboundid.ldap.listener.*;
import com.unboundid.ldap.listener.interceptor.*;
import com.unboundid.ldap.sdk.*;
import com.unboundid.asn1.ASN1OctetString;
import com.unboundid.ldap.sdk.unboundidds.controls.*;
import com.unboundid.ldap.sdk.unboundidds.extensions.*;
import com.unboundid.ldap.sdk.unboundidds.tasks.*;
import com.unboundid.util.ssl.*;
import java.io.*;
import java.net.InetAddress;
import java.nio.file.*;
import java.util.*;
import java.util.regex.*;
import java.util.zip.*;

/**
 * A stand-in for PingDirectory, which cannot be run in tests, on the vendor's own LDAP SDK: an entry that asks for a task is decoded by
 * the SDK's own task classes and refused where they do not know it. A task goes one step on with each look at it. The word
 * `scenario-STATE` in its backup ID or LDIF file makes it end in that state; `scenario-vanish` has its entry disappear,
 * `scenario-vanish_midway` does so before anything is written. The two operations on the compatibility of backups are decoded and encoded by the SDK's
 * classes too: its descriptor is bytes of all values and the base DN; one that ends in `other` has a warning, one that is not so an error.
 *
 * Changes of entries are held against what the vendor documents: attributes that only the server writes need the ignore NO-USER-MODIFICATION control and
 * are never changed, a stored password needs the password update behavior control, which the SDK's class decodes; the no-operation control is honoured.
 *
 * Arguments: port, certificate file, key file, password file.
 */
public final class PingDirectoryDouble extends InMemoryOperationInterceptor {
  private static final String TASKS = "cn=Scheduled Tasks,cn=tasks";
  private static final String NO_OPERATION = "1.3.6.1.4.1.4203.1.10.2";
  private static final Set<String> OWN = Set.of("entryuuid", "createtimestamp", "creatorsname", "modifytimestamp", "modifiersname");
  private static final Set<String> ALWAYS = Set.of("objectclass", "ds-task-id", "ds-task-class-name", "ds-task-state");

  private final Map<String, Integer> steps = new HashMap<>();
  private InMemoryDirectoryServer server;

  public static void main(final String[] arguments) throws Exception {
    new PingDirectoryDouble().start(arguments);
    System.out.println("READY");
    Thread.currentThread().join();
  }

  private void start(final String[] arguments) throws Exception {
    final SSLUtil ssl = new SSLUtil(new PEMFileKeyManager(new File(arguments[1]), new File(arguments[2])), new TrustAllTrustManager());
    final InMemoryDirectoryServerConfig config = new InMemoryDirectoryServerConfig("dc=example,dc=com", "cn=monitor", "cn=tasks", "cn=config");
    config.setSchema(null);
    config.setVendorName("Ping Identity Corporation");
    config.setVendorVersion("PingDirectory 10.3.0.0");
    config.addAdditionalBindCredentials("cn=administrator", Files.readString(Path.of(arguments[3])));
    config.addInMemoryOperationInterceptor(this);
    config.setCustomRootDSEAttributes(List.of(
        new Attribute("vendorName", "Ping Identity Corporation"),
        new Attribute("vendorVersion", "PingDirectory 10.3.0.0"),
        new Attribute("supportedControl", NO_OPERATION, IgnoreNoUserModificationRequestControl.IGNORE_NO_USER_MODIFICATION_REQUEST_OID,
            PasswordUpdateBehaviorRequestControl.PASSWORD_UPDATE_BEHAVIOR_REQUEST_OID)));
    config.addExtendedOperationHandler(new Compatibility());
    config.setListenerConfigs(InMemoryListenerConfig.createLDAPSConfig(
        "ldaps", InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0]), ssl.createSSLServerSocketFactory(), null));
    server = new InMemoryDirectoryServer(config);
    fill();
    server.startListening();
  }

  private void fill() throws Exception {
    server.add("dn: dc=example,dc=com", "objectClass: domain", "dc: example");
    server.add("dn: ou=People,dc=example,dc=com", "objectClass: organizationalUnit", "ou: People");
    server.add("dn: cn=tasks", "objectClass: top", "cn: tasks");
    server.add("dn: " + TASKS, "objectClass: top", "cn: Scheduled Tasks");
    server.add("dn: cn=config", "objectClass: top", "cn: config");
    server.add("dn: cn=Backends,cn=config", "objectClass: top", "cn: Backends");
    server.add("dn: ds-cfg-backend-id=archiveRoot,cn=Backends,cn=config", "objectClass: ds-cfg-local-db-backend",
        "ds-cfg-backend-id: archiveRoot", "ds-cfg-enabled: false", "ds-cfg-base-dn: dc=archive");
    server.add("dn: cn=monitor", "objectClass: ds-monitor-entry", "cn: monitor", "productName: Ping Identity Directory Server",
        "productVendor: Ping Identity Corporation", "productVersion: 10.3.0.0", "instanceName: pingdirectory-0");
    monitor("userRoot", "dc=example,dc=com", 2, false);
    monitor("config", "cn=config", 3, true);
    monitor("encryption-settings", "cn=Encryption Settings", 1, true);
    monitor("schema", "cn=schema", 1, true);
    monitor("monitor", "cn=monitor", 9, true);
    server.add("dn: cn=JE Environment userRoot,cn=monitor", "objectClass: ds-je-environment-monitor-entry",
        "cn: JE Environment userRoot", "backend-id: userRoot", "je-version: 7.5.12", "db-on-disk-size: 123456");
  }

  private void monitor(final String id, final String baseDn, final int entries, final boolean isPrivate) throws Exception {
    server.add("dn: cn=" + id + " Backend,cn=monitor", "objectClass: ds-backend-monitor-entry", "cn: " + id + " Backend",
        "ds-backend-id: " + id, "ds-backend-base-dn: " + baseDn, "ds-backend-entry-count: " + entries,
        "ds-base-dn-entry-count: " + entries + " " + baseDn, "ds-backend-is-private: " + isPrivate, "ds-backend-writability-mode: enabled");
  }

  @Override
  public void processAddRequest(final InMemoryInterceptedAddRequest intercepted) throws LDAPException {
    final Entry entry = new Entry(intercepted.getRequest().getDN(), intercepted.getRequest().getAttributes());
    if (!isTask(entry.getDN())) {
      intercepted.setRequest(judgeAddition(intercepted.getRequest().duplicate(), entry));
      return;
    }
    judge(entry);
    for (final Control control : intercepted.getRequest().getControls()) {
      if (control.getOID().equals("1.3.6.1.4.1.4203.1.10.2")) throw new LDAPException(ResultCode.NO_OPERATION, "nothing was added");
    }
    final AddRequest request = intercepted.getRequest().duplicate();
    request.addAttribute("ds-task-state", "waiting_on_start_time");
    intercepted.setRequest(request);
    synchronized (steps) {
      steps.put(DN.normalize(entry.getDN()), 0);
    }
  }

  private AddRequest judgeAddition(final AddRequest request, final Entry entry) throws LDAPException {
    final boolean keepsOwn = request.getControl(IgnoreNoUserModificationRequestControl.IGNORE_NO_USER_MODIFICATION_REQUEST_OID) != null;
    for (final Attribute attribute : entry.getAttributes()) {
      final String name = attribute.getBaseName().toLowerCase();
      if (OWN.contains(name) && !keepsOwn) {
        throw new LDAPException(ResultCode.CONSTRAINT_VIOLATION, "attribute " + attribute.getName() + " is defined as NO-USER-MODIFICATION");
      }
      if (name.equals("userpassword")) judgePassword(attribute, request.getControl(PasswordUpdateBehaviorRequestControl.PASSWORD_UPDATE_BEHAVIOR_REQUEST_OID));
    }
    if (request.getControl(NO_OPERATION) != null) {
      if (server.getEntry(entry.getDN()) != null) throw new LDAPException(ResultCode.ENTRY_ALREADY_EXISTS, "it is there already");
      throw new LDAPException(ResultCode.NO_OPERATION, "nothing was added");
    }
    request.setControls(withoutPasswordControl(request.getControls()));
    return request;
  }

  private static void judgePassword(final Attribute attribute, final Control control) throws LDAPException {
    for (final String value : attribute.getValues()) {
      if (!value.startsWith("{")) continue;
      final Boolean isAllowed = control == null ? null : new PasswordUpdateBehaviorRequestControl(control).getAllowPreEncodedPassword();
      if (isAllowed == null || !isAllowed) throw new LDAPException(ResultCode.CONSTRAINT_VIOLATION, "Pre-encoded passwords are not allowed for the password attribute userPassword");
    }
  }

  /** The SDK's in-memory server does not know it. */
  private static Control[] withoutPasswordControl(final Control[] controls) {
    return Arrays.stream(controls)
        .filter(control -> !control.getOID().equals(PasswordUpdateBehaviorRequestControl.PASSWORD_UPDATE_BEHAVIOR_REQUEST_OID))
        .toArray(Control[]::new);
  }

  private void judgeModification(final InMemoryInterceptedModifyRequest intercepted) throws LDAPException {
    final ModifyRequest request = intercepted.getRequest().duplicate();
    for (final Modification modification : request.getModifications()) {
      final String name = Attribute.getBaseName(modification.getAttributeName()).toLowerCase();
      if (OWN.contains(name)) throw new LDAPException(ResultCode.CONSTRAINT_VIOLATION, "attribute " + name + " is defined as NO-USER-MODIFICATION");
      if (name.equals("userpassword"))
        judgePassword(modification.getAttribute(), request.getControl(PasswordUpdateBehaviorRequestControl.PASSWORD_UPDATE_BEHAVIOR_REQUEST_OID));
    }
    if (request.getControl(NO_OPERATION) != null) throw new LDAPException(ResultCode.NO_OPERATION, "nothing was changed");
    request.setControls(withoutPasswordControl(request.getControls()));
    intercepted.setRequest(request);
  }

  /** The vendor's own parser decides, and no attribute may be there that the vendor's class does not have. */
  private static void judge(final Entry entry) throws LDAPException {
    final Task task;
    try {
      task = Task.decodeTask(entry);
    } catch (final TaskException e) {
      throw new LDAPException(ResultCode.CONSTRAINT_VIOLATION, e.getMessage());
    }
    if (!(task instanceof BackupTask) && !(task instanceof RestoreTask) && !(task instanceof ExportTask) && !(task instanceof ImportTask)) {
      throw new LDAPException(ResultCode.OBJECT_CLASS_VIOLATION, "the vendor's SDK does not know this kind of task: " + entry.getObjectClassValues()[0]);
    }
    final Set<String> known = new HashSet<>(ALWAYS);
    for (final TaskProperty property : Task.getCommonTaskProperties()) known.add(property.getAttributeName().toLowerCase());
    for (final TaskProperty property : task.getTaskSpecificProperties()) known.add(property.getAttributeName().toLowerCase());
    for (final Attribute attribute : entry.getAttributes()) {
      if (!known.contains(attribute.getBaseName().toLowerCase())) {
        throw new LDAPException(ResultCode.OBJECT_CLASS_VIOLATION, attribute.getName() + " is no attribute of " + task.getClass().getSimpleName());
      }
    }
  }

  @Override
  public void processModifyRequest(final InMemoryInterceptedModifyRequest intercepted) throws LDAPException {
    final String dn = intercepted.getRequest().getDN();
    if (!isTask(dn)) {
      judgeModification(intercepted);
      return;
    }
    final Entry entry = server.getEntry(dn);
    if (entry == null) return;
    final String state = entry.getAttributeValue("ds-task-state");
    if (!state.equals("running") && !state.startsWith("waiting")) {
      throw new LDAPException(ResultCode.UNWILLING_TO_PERFORM, "the task has completed");
    }
    synchronized (steps) {
      steps.remove(DN.normalize(dn));
    }
    final String end = state.equals("running") ? "stopped_by_administrator" : "canceled_before_starting";
    intercepted.setRequest(new ModifyRequest(dn, new Modification(ModificationType.REPLACE, "ds-task-state", end)));
  }

  @Override
  public void processSearchRequest(final InMemoryInterceptedSearchRequest intercepted) throws LDAPException {
    final String dn = intercepted.getRequest().getBaseDN();
    if (dn.equals("cn=schema")) intercepted.sendSearchEntry(schema());
    if (!isTask(dn)) return;
    synchronized (steps) {
      final Integer step = steps.get(DN.normalize(dn));
      if (step == null) return;
      steps.put(DN.normalize(dn), step + 1);
      advance(server.getEntry(dn), step + 1);
    }
  }

  /** Entries are not held against it: it is only told. */
  private static Entry schema() throws LDAPException {
    final Entry entry = new Entry("cn=schema", new Attribute("objectClass", "top", "subschema"), new Attribute("cn", "schema"));
    for (final String name : List.of("uid", "cn", "sn", "objectClass", "userPassword", "description"))
      entry.addAttribute("attributeTypes", "( " + name + "-oid NAME '" + name + "' )");
    for (final String name : OWN) entry.addAttribute("attributeTypes", "( " + name + "-oid NAME '" + name + "' NO-USER-MODIFICATION USAGE directoryOperation )");
    entry.addAttribute("objectClasses", "( 2.5.6.6 NAME 'person' SUP top STRUCTURAL MUST ( sn $ cn ) )");
    return entry;
  }

  private void advance(final Entry entry, final int step) throws LDAPException {
    final String scenario = scenarioOf(entry);
    if (step == 1) {
      become(entry, "running", log("INFORMATION", 1879507338, "Task " + entry.getAttributeValue("ds-task-id") + " started execution"));
    } else if (step == 2 && scenario.equals("vanish_midway")) {
      server.delete(entry.getDN());
    } else if (step == 2 && !scenario.equals("hang")) {
      try {
        work(entry);
        become(entry, "running", log("NOTICE", 9896306, "Archived backup file: 00000000.jdb"));
      } catch (final Exception e) {
        steps.remove(entry.getParsedDN().toNormalizedString());
        become(entry, "stopped_by_error", log("SEVERE_ERROR", 10289484, "An error occurred: " + e.getClass().getSimpleName() + ": " + e.getMessage()));
      }
    } else if (step >= 3 && scenario.equals("vanish")) {
      server.delete(entry.getDN());
    } else if (step >= 3 && !scenario.equals("hang")) {
      steps.remove(entry.getParsedDN().toNormalizedString());
      final boolean isGood = scenario.equals("completed_successfully");
      become(entry, scenario.equals("severe_success") ? "completed_successfully" : scenario,
          isGood ? log("NOTICE", 9896349, "The process completed successfully") : log("SEVERE_ERROR", 10289500, "The backend could not be locked"));
    }
  }

  private static String scenarioOf(final Entry entry) {
    final String text = entry.getAttributeValue("ds-backup-id") + " " + entry.getAttributeValue("ds-task-export-ldif-file");
    final Matcher matcher = Pattern.compile("scenario-([a-z_]+)").matcher(text);
    return matcher.find() ? matcher.group(1) : "completed_successfully";
  }

  private void become(final Entry entry, final String state, final String message) throws LDAPException {
    server.modify(entry.getDN(), new Modification(ModificationType.REPLACE, "ds-task-state", state),
        new Modification(ModificationType.ADD, "ds-task-log-message", message));
  }

  private static String log(final String severity, final int id, final String message) {
    return "[21/Apr/2026:21:34:02 +0000] severity=\"" + severity + "\" msgCount=0 msgID=" + id + " message=\"" + message + "\"";
  }

  private void work(final Entry entry) throws Exception {
    if (entry.hasObjectClass("ds-task-export")) {
      export(Path.of(entry.getAttributeValue("ds-task-export-ldif-file")));
      return;
    }
    if (entry.hasObjectClass("ds-task-import")) {
      // Only read: what this double serves is its tasks and its monitor too.
      try (com.unboundid.ldif.LDIFReader reader = new com.unboundid.ldif.LDIFReader(entry.getAttributeValue("ds-task-import-ldif-file"))) {
        while (reader.readEntry() != null);
      }
      return;
    }
    final Path folder = Path.of(entry.getAttributeValue("ds-backup-directory-path"));
    final Path info = folder.resolve("backup.info");
    final String id = entry.getAttributeValue("ds-backup-id");
    if (entry.hasObjectClass("ds-task-restore")) {
      if (!Files.readString(info).contains("backup_id=" + id + "\n")) throw new IOException("The requested backup ID " + id + " does not exist in " + folder);
      return;
    }
    final String backend = entry.getAttributeValue("ds-task-backup-backend-id");
    if (server.getEntry("cn=" + backend + " Backend,cn=monitor") == null) {
      throw new IOException("None of the Directory Server backends are configured with the requested backend ID \"" + backend + "\"");
    }
    writeBackup(entry, folder, info, backend + "-backup-" + id);
  }

  /** Only the backend's own entries, as the server does. */
  private void export(final Path file) throws Exception {
    final List<String> lines = new ArrayList<>();
    for (final SearchResultEntry found : server.search("dc=example,dc=com", SearchScope.SUB, "(objectClass=*)", "*", "+").getSearchEntries()) {
      lines.addAll(List.of(found.toLDIF()));
      lines.add("");
    }
    Files.write(file, lines);
  }

  private static void writeBackup(final Entry entry, final Path folder, final Path info, final String name) throws IOException {
    Files.createDirectories(folder);
    // Encrypted where it is not said otherwise, as a server that was set up with data encryption does.
    final boolean isEncrypted = !"false".equals(entry.getAttributeValue("ds-task-backup-encrypt"));
    final byte[] data = new byte[4096];
    new Random(1).nextBytes(data);
    try (OutputStream file = Files.newOutputStream(folder.resolve(name))) {
      if (isEncrypted) {
        file.write(data);
      } else {
        final ZipOutputStream zip = new ZipOutputStream(file);
        zip.setComment("PingDirectory 10.3.0.0 " + entry.getAttributeValue("ds-backup-id"));
        zip.putNextEntry(new ZipEntry("00000000.jdb"));
        zip.write(data);
        zip.finish();
      }
    }
    Files.writeString(info, "backend_dn=ds-cfg-backend-id=" + entry.getAttributeValue("ds-task-backup-backend-id") + ",cn=Backends,cn=config\n\n"
        + "backup_id=" + entry.getAttributeValue("ds-backup-id") + "\nbackup_date=20260421213402Z\nincremental=false\ncompressed="
        + entry.getAttributeValue("ds-task-backup-compress") + "\nencrypted=" + isEncrypted + "\nproperty.archive_file=" + name + "\n");
  }

  private static boolean isTask(final String dn) throws LDAPException {
    return DN.isDescendantOf(dn, TASKS, false);
  }

  /** What the SDK's in-memory server lists in supportedExtension by itself. */
  private static final class Compatibility extends InMemoryExtendedOperationHandler {
    @Override
    public String getExtendedOperationHandlerName() {
      return "Backup compatibility";
    }

    @Override
    public List<String> getSupportedExtendedRequestOIDs() {
      return List.of(
          GetBackupCompatibilityDescriptorExtendedRequest.GET_BACKUP_COMPATIBILITY_DESCRIPTOR_REQUEST_OID,
          IdentifyBackupCompatibilityProblemsExtendedRequest.IDENTIFY_BACKUP_COMPATIBILITY_PROBLEMS_REQUEST_OID);
    }

    @Override
    public ExtendedResult processExtendedOperation(final InMemoryRequestHandler handler, final int id, final ExtendedRequest request) {
      try {
        if (request.getOID().equals(GetBackupCompatibilityDescriptorExtendedRequest.GET_BACKUP_COMPATIBILITY_DESCRIPTOR_REQUEST_OID)) {
          final String baseDn = new GetBackupCompatibilityDescriptorExtendedRequest(request).getBaseDN();
          if (!baseDn.equals("dc=example,dc=com")) return refusal(id, ResultCode.NO_SUCH_OBJECT, "no backend has " + baseDn);
          return new GetBackupCompatibilityDescriptorExtendedResult(
              id, ResultCode.SUCCESS, null, null, null, new ASN1OctetString(descriptorOf(baseDn)), List.of("a property"));
        }
        return problems(id, new IdentifyBackupCompatibilityProblemsExtendedRequest(request));
      } catch (final LDAPException e) {
        return refusal(id, e.getResultCode(), e.getMessage());
      }
    }

    private static ExtendedResult problems(final int id, final IdentifyBackupCompatibilityProblemsExtendedRequest request) {
      final byte[] source = request.getSourceDescriptor().getValue();
      final byte[] target = request.getTargetDescriptor().getValue();
      if (!Arrays.equals(target, descriptorOf("dc=example,dc=com"))) return refusal(id, ResultCode.PARAM_ERROR, "that is no descriptor of this server");
      final boolean isOther = new String(source).endsWith("other");
      final List<String> errors = Arrays.equals(source, target) || isOther ? List.of() : List.of("The backup has an index that the target has not.");
      final List<String> warnings = isOther ? List.of("The backup is from a newer version.") : List.of();
      return new IdentifyBackupCompatibilityProblemsExtendedResult(id, ResultCode.SUCCESS, null, null, null, errors, warnings);
    }

    private static byte[] descriptorOf(final String baseDn) {
      final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      for (int value = 0; value < 256; value += 1) bytes.write(value);
      bytes.writeBytes(baseDn.getBytes());
      return bytes.toByteArray();
    }

    private static ExtendedResult refusal(final int id, final ResultCode code, final String message) {
      return new ExtendedResult(id, code, message, null, null, null, null, null);
    }
  }
}
