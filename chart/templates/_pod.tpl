{{/* image: root, and the job's own image */}}
{{- define "rootcellar.image" -}}
{{- $image := merge (deepCopy (default dict .own)) .root.Values.image }}
{{- if $image.digest }}
{{- printf "%s@%s" $image.repository $image.digest }}
{{- else }}
{{- printf "%s:%s" $image.repository (default .root.Chart.AppVersion $image.tag) }}
{{- end }}
{{- end }}

{{/*
A pod of ours. root; containers: a list, each with name and args; component; own: values of its own (image, resources, args, secrets,
extraEnv, terminationGracePeriodSeconds); restarts: the restart policy; isServing: it has the port; tokenKey: the token for the agent;
pod: the server's pod, where it is not the first of them.
All but the last of the containers are run before it, one after the other, where the pod is not one that stays.
*/}}
{{- define "rootcellar.podSpec" -}}
{{- $root := .root }}
{{- $values := .root.Values }}
{{- $own := default dict .own }}
{{- $isExec := eq $values.mode "exec" }}
serviceAccountName: {{ include "rootcellar.serviceAccountName" $root }}
automountServiceAccountToken: {{ and $isExec (not .needsNoServer) }}
enableServiceLinks: false
restartPolicy: {{ .restarts }}
{{- with $own.terminationGracePeriodSeconds }}
terminationGracePeriodSeconds: {{ . }}
{{- end }}
{{- with $values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml $values.podSecurityContext | nindent 2 }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- $last := last .containers }}
{{- with initial .containers }}
initContainers:
  {{- range . }}
  {{- include "rootcellar.container" (dict "pod" $ "container" .) | nindent 2 }}
  {{- end }}
{{- end }}
containers:
  {{- include "rootcellar.container" (dict "pod" . "container" $last) | nindent 2 }}
volumes:
  {{- include "rootcellar.volumes" . | nindent 2 }}
{{- end }}

{{- define "rootcellar.container" -}}
{{- $root := .pod.root }}
{{- $values := $root.Values }}
{{- $own := default dict .pod.own }}
{{- $isExec := eq $values.mode "exec" }}
- name: {{ .container.name }}
  image: {{ include "rootcellar.image" (dict "root" $root "own" $own.image) | quote }}
  imagePullPolicy: {{ $values.image.pullPolicy }}
  args:
    {{- toYaml .container.args | nindent 4 }}
  env:
    - name: TMPDIR
      value: /tmp
    - name: HOME
      value: /tmp
    {{- if not $isExec }}
    - name: ROOTCELLAR_AGENT
      value: {{ $values.agent.url | quote }}
    - name: ROOTCELLAR_AGENT_TOKEN_FILE
      value: {{ printf "/run/secrets/rootcellar/%s" (default $values.agent.operatorTokenKey .pod.tokenKey) }}
    {{- with $values.agent.caKey }}
    - name: ROOTCELLAR_AGENT_CA_FILE
      value: {{ printf "/run/secrets/rootcellar/%s" . }}
    {{- end }}
    {{- else }}
    {{- with .pod.pod }}
    - name: ROOTCELLAR_KUBERNETES_POD
      value: {{ . }}
    {{- with $values.target.url }}
    - name: ROOTCELLAR_SERVER_URL
      value: {{ replace "POD" $.pod.pod . }}
    {{- end }}
    {{- end }}
    {{- with $values.aws.credentialsKey }}
    - name: AWS_SHARED_CREDENTIALS_FILE
      value: {{ printf "/run/secrets/rootcellar/%s" . }}
    {{- end }}
    {{- with $values.aws.webIdentity.roleArn }}
    - name: AWS_ROLE_ARN
      value: {{ . | quote }}
    - name: AWS_WEB_IDENTITY_TOKEN_FILE
      value: /run/secrets/rootcellar-aws/token
    {{- end }}
    {{- end }}
    {{- with concat $values.extraEnv (default list $own.extraEnv) }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $values.envFrom }}
  envFrom:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .pod.isServing }}
  ports:
    - name: http
      containerPort: {{ $values.deployment.port }}
      protocol: TCP
  livenessProbe:
    httpGet:
      path: /healthz
      port: http
      scheme: HTTPS
    periodSeconds: 20
    timeoutSeconds: 5
    failureThreshold: 6
  readinessProbe:
    httpGet:
      path: /readyz
      port: http
      scheme: HTTPS
    periodSeconds: 10
    timeoutSeconds: 5
  {{- end }}
  resources:
    {{- toYaml (default $values.resources $own.resources) | nindent 4 }}
  securityContext:
    {{- toYaml $values.containerSecurityContext | nindent 4 }}
  volumeMounts:
    {{- include "rootcellar.volumeMounts" .pod | nindent 4 }}
{{- end }}
