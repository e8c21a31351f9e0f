module TemporalHBase
  # Remembers the most recently used of many things. Forgetting all at once would make every look of a large cluster read
  # everything again.
  class RecentlyUsed
    MOST = 100_000

    def initialize(most = MOST)
      @most = most
      @lock = Mutex.new
      # In the order of use, oldest first.
      @entries = java.util.LinkedHashMap.new(16, 0.75, true)
    end

    def get(key)
      @lock.synchronize { @entries.get(key) }
    end

    def put(key, value)
      @lock.synchronize do
        @entries.put(key, value)
        @entries.remove(@entries.keySet.iterator.next) while @entries.size > @most
      end
    end
  end

  # Why a WAL cannot be read, for a person.
  module WalTrouble
    LEASE = /Cannot obtain block length|LeaseNotRecovered|Could not obtain the last block|Blocklist for/
    CODEC = /ClassNotFound|Unable to find|Codec|codec/
    KEY = /encrypt|decrypt|unwrap/i

    def self.describe(error)
      text = "#{ErrorReport.name(error)}: #{ErrorReport.clip(error.message)}"
      "#{hint(text)} (#{text})"
    end

    def self.hint(text)
      return 'its lease is not recovered, since its writer died or HDFS misses blocks of it' if text =~ LEASE
      return 'it is encrypted, and the gateway lacks the key' if text =~ KEY
      return 'the gateway lacks the class of the codec that its header names' if text =~ CODEC
      'it is damaged, or no WAL'
    end
  end
end
