#!/bin/sh
# Stands in for `hbase org.jruby.Main --disable-gems <script> <sentinel> <idle>`: answers by verb, with noise in between.
[ "$1 $2" = "org.jruby.Main --disable-gems" ] || exit 64
s=$4
case $FAKE_AGENT in
  wrong-java) echo 'Error: UnsupportedClassVersionError' >&2; exit 1 ;;
  silent) exec sleep 30 ;;
esac
echo 'SLF4J: noise before'
printf '%s {"id":0,"at":1000,"ok":{}}\n' "$s"
while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/^{"id":\([0-9]*\),.*/\1/p')
  printf '%s\n' "$line" >> "$FAKE_LOG"
  case $line in
    *'"verb":"echo"'*) echo "noise $line"; printf '%s {"id":%s,"at":2000,"ok":"pid %s"}\n' "$s" "$id" "$$" ;;
    *'"verb":"fail"'*) printf '%s {"id":%s,"at":2000,"error":{"kind":"expired","class":"Refusal","message":"late","chain":[]}}\n' "$s" "$id" ;;
    *'"verb":"hold"'*) held=$id ;;
    *'"cancel":'*) [ -n "$held" ] && printf '%s {"id":%s,"at":2000,"ok":"done"}\n' "$s" "$held"; held= ;;
    *'"verb":"die"'*) echo 'last words' >&2; kill -KILL $$ ;;
  esac
done
