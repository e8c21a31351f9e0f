/**
 * What `hbase` is given to run a Ruby script on the JRuby that HBase brings. Without RubyGems, which no script of ours
 * uses: loading it takes 0.7 s of each start (9.2.13, a third of it).
 */
export const JRUBY = ['org.jruby.Main', '--disable-gems'] as const;
