#!/bin/sh
# Makes newsreel-sample.mp4 again (needs Debian's ffmpeg and fonts-dejavu-core). The index (moov) stays at the end on
# purpose: a player has to read the tail before the start, as with most posted files.
set -eu
cd "$(dirname "$0")"
font=/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf
ffmpeg -loglevel error -y \
  -f lavfi -i "gradients=s=854x480:r=24:d=90:c0=0x0b132b:c1=0x1c7293:c2=0xf4a261:c3=0x2a9d8f:n=4:speed=0.012:seed=7" \
  -f lavfi -i "aevalsrc='0.12*sin(2*PI*(220+55*floor(mod(t,4)))*t)*exp(-2*mod(t,1))+0.06*sin(2*PI*110*t)*exp(-1*mod(t,2))':s=44100:d=90" \
  -vf "drawtext=fontfile=$font:text='NEWSREEL':fontsize=64:fontcolor=white:x=(w-tw)/2:y=h*0.30,drawtext=fontfile=$font:text='streamed from a news server in this process':fontsize=20:fontcolor=white@0.85:x=(w-tw)/2:y=h*0.48,drawtext=fontfile=$font:text='%{pts\:hms}':fontsize=40:fontcolor=white:x=(w-tw)/2:y=h*0.62" \
  -c:v libx264 -profile:v high -pix_fmt yuv420p -preset veryslow -crf 27 -g 48 -c:a aac -b:a 48k \
  -map_metadata -1 -metadata title="Newsreel sample" -metadata copyright="CC0 1.0" newsreel-sample.mp4
